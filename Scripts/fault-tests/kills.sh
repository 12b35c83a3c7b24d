# SIGKILL at N random moments: an undisturbed run takes a few seconds, so the moments fall on loading,
# training, C steps, evaluation and the writing of checkpoints and outputs alike.

resumed() {
  local verb=--checkpoint
  [ ! -d run ] || verb=--resume
  command=("${alone[@]}" --output "$output" $verb run --checkpoint-every 7batches)
}
killed=0 runs=0
while [ "$killed" -lt "$kills" ]; do
  if [ $((runs % 2)) = 0 ]; then
    alone=("${train[@]}") output=out.safetensors reference=reference.safetensors
  else
    alone=("${compress[@]}") output=out.lcm reference=reference.lcm
  fi
  rm -rf run "$output"
  survive resumed
  same "$output" "$reference" "after $killed kills"
  [ "$(ls run | grep -c '^checkpoint-')" -le 2 ] || fail "more than two checkpoints"
  runs=$((runs + 1))
done
echo "faults: $killed kills in $runs runs, all ended in the bits of an undisturbed one"

# A second process.
rm -rf run
"${train[@]}" --epochs 10000 --checkpoint run >out.log 2>&1 &
process=$!
until ls run/checkpoint-* >/dev/null 2>&1; do sleep 0.1; done
expect 73 "${train[@]}" --epochs 10000 --resume run
end_now
rm -rf run
echo "faults: a second process is refused"
