# Streams that are closed, full or read by nobody, and limits on memory: a run's files are those of an
# undisturbed one, or it ends with one line and the exit code that is documented.

short=("$lc" compress --network lenet300 --data fashion-mnist --model reference.safetensors
  --compress '*.weight: quantize(k=2)' --steps 2 --batches-per-step 20)
expect 0 "${short[@]}" --output short.lcm
streams=0
stream() { # CODE SHELL-CODE: runs it with the command as its arguments
  local found=0 code=$1 text=$2
  rm -rf out.lcm run
  (
    set +e +o pipefail
    set -- "${short[@]}" --output out.lcm --checkpoint run
    eval "$text"
  ) || found=$?
  [ "$found" = "$code" ] || fail "expected exit code $code, found $found: $text"
  same out.lcm short.lcm "with $text"
  streams=$((streams + 1))
}
stream 0 '"$@" >/dev/null 2>&-'
stream 0 '"$@" >/dev/null 2>/dev/full'
stream 0 '"$@" >/dev/null 2> >(true)'
stream 0 'trap "" PIPE; "$@" >/dev/null 2> >(true)'
stream 0 '"$@" <&- >&- 2>&-'
stream 73 '"$@" >/dev/full 2>err.log'
said 'standard output: cannot be written: No space left on device'
# Nobody reads: as other programs, without a word.
stream 141 '"$@" 2>err.log | true; exit ${PIPESTATUS[0]}'
grep -q 'cannot be written' err.log && fail "a pipe without a reader is spoken of: $(cat err.log)"
echo "faults: $streams kinds of closed, full and broken streams, all with the bits of an undisturbed run"

# From too little for the libraries to load up to enough for the run.
limits=0 refused=0
for _ in $(seq "$kills"); do
  for command in info evaluate train compress; do
    case $command in
    info) set -- info reference.lcm ;;
    evaluate) set -- evaluate reference.lcm --data fashion-mnist ;;
    train) set -- train --network lenet300 --data fashion-mnist --max-steps 20 --output out.safetensors ;;
    compress) set -- "${short[@]:1}" --output out.lcm ;;
    esac
    rm -f out.lcm out.safetensors
    limit=$(random 150000 600000)
    code=0
    (ulimit -v "${limit%.*}" && exec timeout 60 "$lc" "$@") >out.log 2>err.log || code=$?
    case $code in
    0) ;;
    71) said 'out of memory' ;;
    1) said 'libgomp: Thread creation failed' ;;
    127) said 'error while loading shared libraries' ;;
    *) cat err.log >&2; fail "exit code $code with ulimit -v ${limit%.*}: lc $*" ;;
    esac
    if [ "$code" != 0 ]; then
      refused=$((refused + 1))
      [ ! -e out.lcm ] && [ ! -e out.safetensors ] || fail "a file was left: lc $*"
    elif [ "$command" = compress ]; then
      same out.lcm short.lcm "with ulimit -v ${limit%.*}"
    fi
    limits=$((limits + 1))
  done
done
set --
echo "faults: $limits limits on memory, of which $refused were too low: one line, and no file"
