# How scripts/bench writes what it has measured. Uses its rows, lines, title and scratch.

# spread FILE: its median, and the lowest and highest value where there is more than one.
spread() {
    [ -s "$1" ] || return 0
    sort -n "$1" | awk '
        function text(x,    s, i) {
            if (x < 100) { s = sprintf(x < 1 ? "%.3f" : x < 10 ? "%.2f" : "%.1f", x); sub(/\.0+$/, "", s); return s }
            s = sprintf("%.0f", x)
            for (i = length(s) - 3; i > 0; i -= 3) s = substr(s, 1, i) "," substr(s, i + 1)
            return s
        }
        { v[NR] = $1 }
        END {
            printf "%s", text(v[int((NR + 1) / 2)])
            if (NR > 1) printf " (%s–%s)", text(v[1]), text(v[NR])
        }'
}

median() { [ ! -s "$1" ] || sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# A figure of which less is better.
is_cost() { case $1 in *_per_s | flat) false ;; *) true ;; esac; }

# cell ROW KEY WHO: the figure, and Flume's in relation to it.
cell() {
    local mine theirs text
    text=$(spread "$scratch/$1.$2.$3")
    [ -n "$text" ] || { printf '–'; return; }
    mine=$(median "$scratch/$1.$2.flume") theirs=$(median "$scratch/$1.$2.$3")
    case $3 in
    flume) printf '%s' "$text" ;;
    against) printf '%s: %s → %s %%' "${setting[$1.label]}" "$text" "$(awk "BEGIN { printf \"%.0f\", 100 * $mine / ($theirs + 1e-9) }")" ;;
    *)
        is_cost "$2" && { text+=' → '$(awk "BEGIN { printf \"%.1f×\", $theirs / ($mine + 1e-9) }"); printf '%s' "$text"; return; }
        printf '%s → %s' "$text" "$(awk "BEGIN { printf \"%.1f×\", $mine / ($theirs + 1e-9) }")" ;;
    esac
}

# verdict ROW KEY TARGET…: of each target its words and whether it is met.
#   flume<N  flume<=N  flume>=N     Flume's own figure
#   against>=N%           so much of what stands beside it
#   against~N%            at most so much away from it, for the worse
#   ruby>=Nx  ruby<=Nx    so many times every Ruby's, at least or at most
verdict() {
    local row=$1 key=$2 target who mine theirs words holds number
    mine=$(median "$scratch/$row.$key.flume")
    for target in "${@:3}"; do
        number=${target//[^0-9.]/} holds=1
        case $target in
        flume\<=*) words="≤ $number" holds=$(awk "BEGIN { print ($mine <= $number) }") ;;
        flume\<*) words="< $number" holds=$(awk "BEGIN { print ($mine < $number) }") ;;
        flume\>=*) words="≥ $number" holds=$(awk "BEGIN { print ($mine >= $number) }") ;;
        against*)
            theirs=$(median "$scratch/$row.$key.against")
            case $target in
            *~*)
                words="within $number %"
                if is_cost "$key"; then
                    holds=$(awk "BEGIN { print ($mine <= $theirs * (1 + $number / 100)) }")
                else
                    holds=$(awk "BEGIN { print ($mine >= $theirs * (1 - $number / 100)) }")
                fi ;;
            *) words="≥ $number %" holds=$(awk "BEGIN { print ($mine >= $theirs * $number / 100) }") ;;
            esac ;;
        ruby\<=*)
            words="≤ $number× Ruby"
            for who in ruby ruby13; do
                theirs=$(median "$scratch/$row.$key.$who")
                [ -z "$theirs" ] || [ "$(awk "BEGIN { print ($mine <= $theirs * $number) }")" = 1 ] || holds=0
            done ;;
        ruby*)
            words="≥ $number× Ruby"
            for who in ruby ruby13; do
                theirs=$(median "$scratch/$row.$key.$who")
                [ -z "$theirs" ] || [ "$(awk "BEGIN { print ($mine >= $theirs * $number) }")" = 1 ] || holds=0
            done ;;
        esac
        [ "$holds" = 1 ] && words+=': met' || words+=': **not met**'
        printf '%s%s' "${separator:-}" "$words"
        local separator='; '
    done
}

table() {
    local row key words target who entry
    printf 'Each figure: the median of %s turns, where they differ much of %s (lowest–highest). After each arrow stands how Flume\n' \
        "$rounds" $((rounds * 2 + 1))
    printf 'compares: its figure in per cent of the one beside it, or how many times better it is than Ruby.\n'
    for entry in "${lines[@]}"; do
        IFS='|' read -r row key words target <<<"$entry"
        if [ -z "$row" ]; then
            local pending=$key
            continue
        fi
        [ -s "$scratch/$row.$key.flume" ] || continue
        if [ -n "$pending" ]; then
            printf '\n### %s\n\n| |' "$pending"
            for who in "${everyone[@]}"; do printf ' %s |' "${title[$who]:-beside it}"; done
            printf ' target |\n|---|'
            for who in "${everyone[@]}"; do printf -- '---|'; done
            printf -- '---|\n'
            pending=''
        fi
        printf '| %s |' "$words"
        for who in "${everyone[@]}"; do printf ' %s |' "$(cell "$row" "$key" "$who")"; done
        printf ' %s |\n' "$(verdict "$row" "$key" $target)"
    done
}

# Everything about the machine is asked of the machine.
describe_machine() {
    printf '# Measurements\n\nMade by `scripts/bench` on %s at commit %s.\n\n' "$(date -u +%F)" \
        "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
    printf -- '- %s, %s cores, %s GB of memory, Linux %s, %s\n' \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)" "$(uname -r)" \
        "$(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release)"
    printf -- '- %s (%s build), Redis %s\n' "$(swift --version 2>&1 | grep -o 'Swift version [^ ]*' | head -n 1)" "$build" \
        "$(redis_command info server | tr -d '\r' | sed -n 's/^redis_version://p')"
    printf -- '- %s on Ruby %s%s\n' "${title[ruby]}" "$(ruby -e 'print RUBY_VERSION')" "${RUBYOPT:+ with $RUBYOPT}"
    [ -z "${title[ruby13]:-}" ] ||
        printf -- '- %s on Ruby %s\n' "${title[ruby13]}" "$(scripts/debian-13 ruby -e 'print RUBY_VERSION')"
    printf -- '- load average %s at the end\n\n' "$(cut -d' ' -f1-3 /proc/loadavg)"
}
