# Runs one server, and removes it and its folder when the process of the test is gone.
#
# Arguments: the folder, the signal to say farewell with, and the command that lowers privileges (or
# `env`). Orders come on standard input, which only the test holds open: however it ends, even by
# `kill -9`, the kernel closes the pipe, and `read` fails here.
folder=$1
farewell=$2
shift 2
pid=

# Prints the children of a process.
children() {
    for stat in /proc/[0-9]*/stat; do
        read -r line 2>/dev/null <"$stat" || continue
        # The name, in parentheses, may contain anything; state and parent follow the last one.
        rest=${line##*) }
        rest=${rest#* }
        [ "${rest%% *}" = "$1" ] && echo "${line%% *}"
    done
}

while read -r order; do
    # Sent only after the last server was seen dead, so this does not block.
    [ -n "$pid" ] && wait "$pid"
    pid=
    if [ "$order" = start ]; then
        "$@" sh "$folder/launch" >>"$folder/server.log" 2>&1 </dev/null &
        pid=$!
        echo "$pid"
    else
        echo reaped
    fi
done

if [ -n "$pid" ]; then
    family=$(children "$pid")
    if [ "$farewell" != KILL ]; then
        # PostgreSQL gives its shared memory back when it is told to stop at once.
        kill -s "$farewell" "$pid"
        kill -s CONT "$pid" $family
        tries=0
        while [ -e "/proc/$pid/fd/0" ] && [ "$tries" -lt 20 ]; do
            sleep 0.05
            tries=$((tries + 1))
        done
    fi
    kill -s KILL "$pid" $family
    wait "$pid"
fi
# What a PostgreSQL that was killed left behind.
if [ -f "$folder/data/postmaster.pid" ]; then
    segment=$(sed -n 's/^ *[0-9][0-9]*  *\([0-9][0-9]*\)$/\1/p' "$folder/data/postmaster.pid")
    [ -n "$segment" ] && ipcrm -m "$segment"
fi
# The last children may still be writing.
tries=0
until rm -rf -- "$folder" || [ "$tries" -ge 50 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
