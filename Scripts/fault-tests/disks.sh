# A small file system that is full or read-only, as root.

if [ "$(id -u)" != 0 ] || ! mkdir "$disk" || ! mount -t tmpfs -o size=5m lc-faults "$disk"; then
  echo "faults: full disk and read-only folder skipped, for they need root"
  return 0
fi
# Room for two checkpoints of 2.1 MB, not for a third beside them.
expect 73 "${train[@]}" --checkpoint "$disk/run" --checkpoint-every 50steps
said 'No space left'
ls "$disk/run/"*.tmp >/dev/null 2>&1 && fail "a part of a checkpoint was left"
cp -r "$disk/run" moved
expect 0 "${train[@]}" --resume moved --output moved.safetensors
same moved.safetensors reference.safetensors "after a full disk"
expect 73 "${train[@]}" --max-steps 1 --output "$disk/none/x.safetensors"

# A log that finds no room: what was done until then is kept.
rm -rf "$disk/run" moved
head -c 6000000 /dev/zero >"$disk/filling" 2>/dev/null || true
expect 73 "${train[@]}" --checkpoint moved --log "$disk/log.jsonl"
said 'log.jsonl: cannot be written: No space left on device'
expect 0 "${train[@]}" --resume moved --log log --output moved.safetensors
same moved.safetensors reference.safetensors "after a log on a full disk"
[ "$(wc -l <log)" = 2 ] || fail "the log lacks lines, or has too many"

# A grid that finds no room: it fails, and goes on elsewhere.
rm -rf "$disk"/*
table=("$lc" table grid.yaml --output "$disk/grid")
head -c 4500000 /dev/zero >"$disk/filling"
expect 73 "${table[@]}"
said 'No space left'
cp -r "$disk/grid" onward
grid onward
expect 0 "${table[@]}"
same_tables onward "after a full disk"

rm -rf "$disk"/*
cp -r moved "$disk/run"
mount -o remount,ro "$disk"
expect 73 "${train[@]}" --resume "$disk/run"
expect 73 "${train[@]}" --checkpoint "$disk/other"
expect 73 "${train[@]}" --max-steps 1 --output "$disk/x.safetensors"
echo "faults: a full disk (of checkpoints, a log, a grid) and a read-only folder are errors that leave what was there"
