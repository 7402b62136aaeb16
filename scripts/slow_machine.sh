#!/bin/sh
# Run tests on one core beside a busy loop, some times in a row: none may depend on the speed of
# the machine.
#
# Usage: sh scripts/slow_machine.sh PYTHON [TESTS AND OPTIONS OF PYTEST]
# Without tests, those run that wait for processes, sockets, browsers or the clock.
# ROUNDS (3) says how often; all stops at the first failure.
set -eu

python=$1
shift
if [ $# -eq 0 ]; then
    set -- \
        tests/battles/test_blindness.py tests/battles/test_feed.py tests/battles/test_generation.py \
        tests/battles/test_kills.py tests/battles/test_polling.py tests/battles/test_relay.py \
        tests/battles/test_torture.py tests/battles/test_unmasking.py \
        tests/contestants/test_client.py tests/contestants/test_provider.py \
        tests/contestants/test_recovery.py tests/edge tests/embedded \
        tests/e2e/test_blocked_sockets.py tests/e2e/test_troubles.py \
        tests/frontend/test_attention.py tests/frontend/test_costs.py \
        tests/pages/test_board_socket.py tests/processes tests/voters/test_limits.py
fi

command -v taskset >/dev/null || {
    echo "The program taskset is missing: install the package util-linux." >&2
    exit 1
}
core=$(taskset -cp $$ | sed 's/.*[ ,-]//') # the last one that this process may use
taskset -c "$core" "$python" -c "while True: pass" &
busy=$!
trap 'kill $busy' EXIT
trap 'exit 130' INT TERM

round=1
while [ "$round" -le "${ROUNDS:-3}" ]; do
    echo "Round $round of ${ROUNDS:-3}, on core $core beside a busy loop"
    taskset -c "$core" "$python" -m pytest -q "$@"
    round=$((round + 1))
done
