# What scripts/bench measures: `row` says what is run, `shows` which of its figures make a line of the
# table, and which targets they have (see `verdict` in table.sh).
#
# `often` takes twice as many turns and one, where turns differ by more than the target is away; `once` a single one.
#
# `against` is Flume again, or a loop in C (@…). Ruby gets fewer jobs of the same kind, or no run would
# end: what it does for a job does not depend on their number.

heading 'Drains: a full queue, one process, jobs that do nothing'

# drain NAME TITLE FLUME-ARGUMENTS RUBY-ARGUMENTS TARGET…: beside the scripts alone.
drain() {
    row "$1" flume "--mode drain $3" against 'scripts alone' "--mode ceiling $3" ruby "--mode drain $4"
    shows jobs_per_s "$2, jobs/s" "${@:5}"
}
costs() {
    shows worker_cpu_us_per_job '… worker CPU, µs/job' "$@"
    shows redis_cpu_us_per_job '… Redis CPU, µs/job'
    shows commands_sent_per_job '… commands sent per job' 'flume<=0.1'
}

drain drain-1 'concurrency 1' '--jobs 10000 --concurrency 1' '--jobs 3000 --concurrency 1' 'against>=50%'
drain drain-10 'concurrency 10' '--jobs 100000 --concurrency 10' '--jobs 8000 --concurrency 10' 'against>=50%'
shows worker_cpu_us_per_job '… worker CPU, µs/job'
drain drain-50 'concurrency 50' '--jobs 200000 --concurrency 50' '--jobs 8000 --concurrency 50' 'against>=50%'
costs 'flume<10'
drain drain-200 'concurrency 200 (Ruby: 10)' '--jobs 300000 --concurrency 200' \
    '--jobs 8000 --concurrency 10' 'against>=50%'
costs 'flume<10'
shows peak_rss_mb '… peak RSS, MB'
drain drain-1000 'concurrency 1,000 (Ruby: 10)' '--jobs 300000 --concurrency 1000' \
    '--jobs 8000 --concurrency 10' 'against>=50%' 'ruby>=20x'
costs 'flume<10'
drain payload-1k 'payload of 1 kB (Ruby: 10)' '--jobs 100000 --concurrency 50 --payload 1000' \
    '--jobs 6000 --concurrency 10 --payload 1000'
drain payload-20k 'payload of 20 kB (Ruby: 10)' '--jobs 20000 --concurrency 50 --payload 20000' \
    '--jobs 3000 --concurrency 10 --payload 20000'
drain queues-5 '5 queues (Ruby: 10)' '--jobs 100000 --concurrency 50 --queues 5' '--jobs 6000 --concurrency 10 --queues 5'
drain queues-50 '50 queues (Ruby: 10)' '--jobs 100000 --concurrency 50 --queues 50' '--jobs 4000 --concurrency 10 --queues 50'
row far flume '--mode drain --jobs 40000 --concurrency 50' \
    against 'scripts alone' '--mode ceiling --jobs 40000 --concurrency 50' \
    ruby '--mode drain --jobs 4000 --concurrency 25' far
shows jobs_per_s 'Redis 1 ms away, concurrency 50 (Ruby: 25), jobs/s'
row typed flume '--mode drain --jobs 100000 --concurrency 50 --workload typed' \
    against 'no arguments' '--mode drain --jobs 100000 --concurrency 50' \
    ruby '--mode drain --jobs 6000 --concurrency 10 --workload typed'
shows jobs_per_s 'typed handler of 5 arguments (Ruby: 10), jobs/s'
row active-job flume '--mode drain --jobs 60000 --concurrency 50 --workload active-job' \
    ruby '--mode drain --jobs 4000 --concurrency 10 --workload active-job'
shows jobs_per_s 'the same as ActiveJob jobs (Ruby: 10), jobs/s'
row failing flume '--mode drain --jobs 60000 --concurrency 50 --workload failing' \
    against 'none fails' '--mode drain --jobs 100000 --concurrency 50' \
    ruby '--mode drain --jobs 4000 --concurrency 10 --workload failing'
shows jobs_per_s '10 % of the jobs fail (Ruby: 10), jobs/s'

heading 'What extras cost: the same drain at concurrency 50, on against off'
for extra in limiter batch unique metrics tracing; do
    row "$extra" flume "--mode drain --jobs 100000 --concurrency 50 --extra $extra" \
        against off '--mode drain --jobs 100000 --concurrency 50'
    if [ "$extra" = limiter ]; then
        shows jobs_per_s 'limiter that is never reached, jobs/s' 'against>=85%'
    else
        shows jobs_per_s "$extra, jobs/s"
    fi
done

heading 'The same cost however long the queue is'
row queued-1m flume '--mode drain --jobs 1000000 --concurrency 200' \
    against '10^4 queued' '--mode drain --jobs 10000 --rounds 30 --concurrency 200' often
shows jobs_per_s '10^6 jobs queued, jobs/s' 'against~10%'
shows cpu_us_per_job '… CPU of worker and Redis, µs/job' 'against~10%'
row queued-100k flume '--mode drain --jobs 100000 --rounds 3 --concurrency 200' \
    against '10^4 queued' '--mode drain --jobs 10000 --rounds 30 --concurrency 200'
shows cpu_us_per_job '10^5 jobs queued, CPU of worker and Redis, µs/job' 'against~10%'

heading 'Several processes on one queue'
for count in 2 4 8; do
    row "processes-$count" flume "--mode processes --processes $count --jobs 200000 --concurrency 50" \
        against 'one process' '--mode processes --processes 1 --jobs 200000 --concurrency 50'
    shows jobs_per_s "$count processes of concurrency 50, jobs/s"
done

heading 'Enqueueing'
row enqueue flume '--mode enqueue --jobs 20000' against 'a loop in C' '@--jobs 20000' ruby '--mode enqueue --jobs 8000'
shows jobs_per_s 'one by one, jobs/s' 'ruby>=2x'
row producers flume '--mode enqueue --jobs 200000 --producers 64' \
    against 'a loop in C, 64 at a time' '@--jobs 200000 -P 64' ruby '--mode enqueue --jobs 12000 --producers 5'
shows jobs_per_s 'from 64 tasks (Ruby: 5 threads, as many as its client has connections), jobs/s' 'flume>=100000'
row bulk flume '--mode enqueue --jobs 200000 --bulk 1000' ruby '--mode enqueue --jobs 40000 --bulk 1000'
shows jobs_per_s '1,000 at a time, jobs/s' 'ruby>=3x'

heading 'Latency'
# How long an idle processor takes to wake up differs from turn to turn by more than anything else here. The producer is
# another process, each its own; then Ruby's for both.
row latency flume '--mode latency --jobs 100 --concurrency 5' ruby '--mode latency --jobs 100 --concurrency 5' often
shows p50_ms 'idle queue, enqueue to start, p50 ms' 'ruby<=1x'
shows p99_ms '… p99 ms' 'ruby<=1x'
shows idle_cpu_percent '… CPU of an idle worker, %' 'flume<1'
shows peak_rss_mb '… RSS of that worker, MB' 'flume<40'
row latency-ruby flume '--mode latency --producer ruby --jobs 100 --concurrency 5' often
shows p50_ms '… enqueued by Sidekiq 6.4.1, p50 ms'
shows p99_ms '… p99 ms'
row scheduled flume '--mode scheduled --jobs 200 --concurrency 10' ruby '--mode scheduled --jobs 100 --concurrency 10'
shows p50_ms 'scheduled jobs, lateness, p50 ms'
shows p99_ms '… p99 ms' 'flume<100'

heading 'Large sets'
row due flume '--mode due --jobs 10000 --concurrency 50' ruby '--mode due --jobs 4000'
shows jobs_per_s 'jobs due at the same moment (Ruby: moved, not run), jobs/s'
row due-1m flume '--mode due --jobs 10000 --concurrency 50' before '--mode fill --into schedule --jobs 1000000' \
    against 'none besides' '--mode due --jobs 10000 --concurrency 50' ruby '--mode due --jobs 4000'
shows jobs_per_s '… with 10^6 others in the schedule, jobs/s'
row dead-1m flume '--mode drain --jobs 10000 --concurrency 50 --workload dying --dead-maximum 2000000' \
    before '--mode fill --into dead --jobs 1000000' \
    against 'empty dead set' '--mode drain --jobs 10000 --concurrency 50 --workload dying --dead-maximum 2000000' \
    ruby '--mode drain --jobs 2000 --concurrency 10 --workload dying --dead-maximum 2000000'
shows jobs_per_s 'jobs dying into a dead set of 10^6 (Ruby: 10), jobs/s'

# Sidekiq has no peer for the first and the last of these: without Pro it recovers nothing. A thread for each job does
# not go as far as 10,000.
heading 'Recovery and memory'
row recovery flume '--mode recovery --jobs 10000 --concurrency 50'
shows jobs_per_s 'recovery of 10,000 orphaned jobs, jobs/s'
shows last_after_s '… with a lease of 1 s, all have run after s'
row in-flight flume '--mode in-flight --jobs 10000 --concurrency 10000' ruby '--mode in-flight --jobs 300 --concurrency 300'
shows rss_mb 'RSS with 10,000 jobs in flight, MB'
shows kb_per_job '… kB per job (Ruby: 300 in flight)'
row soak flume '--mode soak --jobs 1 --seconds 60 --interval 3 --rate 5000 --concurrency 50' once
shows bytes_per_job 'one minute at 5,000 jobs/s, memory kept per job, bytes' 'flume<1'
shows flat '… memory, Redis and open files flat (1: yes)' 'flume>=1'
