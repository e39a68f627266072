# Runs one PostgreSQL server on the orders that come by standard input, one word a line, and answers each with
# one line on standard output. When the input ends, because its owner ended in whatever way, even by SIGKILL,
# the server is stopped and its folder removed. Nobody has to clean up after a test.
#
# Arguments: the folder of the server, then the command that runs it in the foreground.
dir=$1
shift
launched=

launch() {
    rm -f "$dir/pid" "$dir/exit"
    (
        "$@" >"$dir/log" 2>&1 </dev/null &
        echo "$!" >"$dir/pid"
        wait "$!"
        echo "$?" >"$dir/exit"
    ) >/dev/null 2>&1 &
    launched=yes
}

# Sends the signal until the server is gone. A signal that comes before the server has its handlers is lost, so
# it is repeated; a server that does not obey within 30 seconds is killed.
halt() {
    tries=0
    while [ -n "$launched" ] && ! [ -s "$dir/exit" ]; do
        signal=$1
        [ "$tries" -lt 600 ] || signal=KILL
        if read -r pid 2>/dev/null <"$dir/pid"; then
            kill -s "$signal" "$pid" 2>/dev/null
        fi
        tries=$((tries + 1))
        sleep 0.05
    done
    launched=
}

while read -r order; do
    case $order in
        start) launch "$@" ;;
        stop) halt INT ;;
        crash) halt QUIT ;;
    esac
    echo "$order"
done
halt INT
rm -rf "$dir"
