# What the scripts here share. Source it, do not run it:  source "$(dirname "$0")/lib.sh"
#
# It moves to the root of the repository and gives:
#   say, fail, show_help           talking
#   need_swift, need, need_build, need_redis, need_ruby   installing what is missing
#   at_exit                        undoing, in reverse order, however the script ends
#   make_scratch, start_redis      a temporary folder and a private Redis, gone afterwards
#   free_port, wait_until          waiting for servers

this_script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# --- talking -------------------------------------------------------------------------------------

say() { printf '== %s\n' "$*" >&2; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# The comment at the top of the calling script is its help.
show_help() { sed -n '2,/^$/ { s/^# \{0,1\}//; p }' "$this_script"; }

# --- installing ----------------------------------------------------------------------------------

build_packages=(libhiredis-dev zlib1g-dev pkg-config)
redis_packages=(redis-server redis-tools openssl)
ruby_packages=(ruby ruby-sidekiq ruby-rack ruby-webrick ruby-activejob)
# Apart from ruby-rack since Rack 3 (Debian 13); not there before.
ruby_packages_if_offered=(ruby-rackup ruby-rack-session)

# A virtual package, as pkg-config is on Debian 12, counts when something installed provides it.
is_installed() {
    dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
        awk -v wanted="$1" '
            $1 == "installed" { gsub(",", ""); for (i = 2; i <= NF; i++) if ($i == wanted) found = 1 }
            END { exit !found }'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# Debian starts a server as soon as its package is installed, and at each boot. The scripts want
# the program only: a Redis on port 6379 which nobody asked for would be a nasty surprise.
install_without_starting() {
    local policy=/usr/sbin/policy-rc.d status=0
    [ -e "$policy" ] && policy=
    [ -n "$policy" ] && printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod +x "$policy"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" >&2 </dev/null || status=$?
    [ -n "$policy" ] && as_root rm -f "$policy"
    return $status
}

# need PACKAGE…: installs with apt those that are missing.
need() {
    local package missing=()
    command -v dpkg-query >/dev/null ||
        fail "this machine has no apt; install by hand what Debian calls: $*"
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "missing: ${missing[*]}. Run this as root once, or install sudo, or: apt-get install ${missing[*]}"

    say "installing ${missing[*]}"
    if [ -z "${apt_is_updated:-}" ]; then
        as_root apt-get update -qq >&2 </dev/null || fail "apt-get update failed; its message is above"
        apt_is_updated=yes
    fi
    install_without_starting "${missing[@]}" || fail "apt-get could not install: ${missing[*]}; its message is above"
    case " ${missing[*]} " in
    *" redis-server "*) as_root update-rc.d redis-server disable >/dev/null 2>&1 || true ;;
    esac
}

need_if_offered() {
    local package
    for package in "$@"; do
        if [ -n "$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^  Candidate: \(.*[0-9].*\)/\1/p')" ]; then
            need "$package"
        fi
    done
}

need_swift() {
    command -v swift >/dev/null || fail "no Swift toolchain on the PATH; get one from swift.org"
}
need_build() { need_swift && need "${build_packages[@]}"; }
need_redis() { need "${redis_packages[@]}"; }
need_ruby() { need "${ruby_packages[@]}" && need_if_offered "${ruby_packages_if_offered[@]}"; }

# --- undoing -------------------------------------------------------------------------------------

undo_list=()

# at_exit COMMAND: runs it when the script ends. The newest first.
at_exit() { undo_list+=("$*"); }

undo() {
    local status=$? i
    trap - EXIT INT TERM
    for ((i = ${#undo_list[@]} - 1; i >= 0; i--)); do
        eval "${undo_list[i]}" || true
    done
    exit $status
}
trap undo EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Sets $scratch to a new folder.
make_scratch() {
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/flume.XXXXXX")
    at_exit "rm -rf '$scratch'"
}

# stop_process PID: asks it to end, then insists.
stop_process() {
    local pid=$1
    kill -TERM "$pid" 2>/dev/null || return 0
    wait_until 10 "! kill -0 $pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
}

# --- waiting and servers -------------------------------------------------------------------------

# wait_until SECONDS CONDITION: fails when the time is over. The condition is shell text.
wait_until() {
    local deadline=$((SECONDS + $1))
    until eval "$2" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# Prints a TCP port on which nobody listens now.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# start_redis [PROGRAM]: an empty Redis of our own, without persistence, gone with the script.
# Sets redis_port, redis_url and redis_pid.
start_redis() {
    local program=${1:-redis-server} folder try
    folder=$(mktemp -d "${TMPDIR:-/tmp}/flume-redis.XXXXXX")
    at_exit "rm -rf '$folder'"
    for try in 1 2 3 4 5; do
        redis_port=$(free_port)
        "$program" --port "$redis_port" --bind 127.0.0.1 --dir "$folder" --save '' --appendonly no \
            --loglevel warning >"$folder/log" 2>&1 </dev/null &
        redis_pid=$!
        # A foreign server which took the port meanwhile answers as well: the process must be ours.
        if wait_until 10 "! kill -0 $redis_pid || redis_command ping" && kill -0 "$redis_pid" 2>/dev/null &&
            [ "$(redis_command info server | tr -d '\r' | sed -n 's/^process_id://p')" = "$redis_pid" ]; then
            redis_url=redis://127.0.0.1:$redis_port/0
            at_exit "stop_process $redis_pid"
            return
        fi
        kill -KILL "$redis_pid" 2>/dev/null || true
    done
    cat "$folder/log" >&2
    fail "$program did not start; its log is above"
}

redis_command() { redis-cli -p "$redis_port" "$@"; }
