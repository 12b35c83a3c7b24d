# A grid: killed at random moments, it ends in the tables of an undisturbed one; so does a grid with a
# flipped bit in any of its files, or without one of them. Other data under its name are refused.

# Images of their own, so that they can be changed: a copy of Fashion-MNIST.
images=/usr/share/datasets/fashion-mnist
mkdir images
cp "$images"/*.gz images/ 2>/dev/null || fail "no Fashion-MNIST in $images"
sed "s|^data: .*|data: $work/images|" "$recipe" >grid.yaml
grid() { # FOLDER: the command
  table=("$lc" table grid.yaml --jobs 2 --output "$1")
}
same_tables() { # FOLDER WHEN
  local name
  for name in table.md table.csv table.tex table.json tradeoff-lenet300.dat; do
    same "$1/$name" "untouched/$name" "$2"
  done
}

grid untouched
expect 0 "${table[@]}"
disturbed() { command=("$lc" table grid.yaml --jobs 2 --output disturbed); }
killed=0 runs=0
while [ "$killed" -lt "$kills" ]; do
  rm -rf disturbed
  survive disturbed
  same_tables disturbed "after $killed kills"
  runs=$((runs + 1))
done
echo "faults: $killed kills of $runs grids, which ended in the tables of an undisturbed one"

# Stopped: it says so, and its cells have stopped before it.
rm -rf disturbed
"$lc" table grid.yaml --jobs 2 --output disturbed >out.log 2>err.log &
process=$! code=0
until compgen -G 'disturbed/*/*/checkpoint' >/dev/null; do
  kill -0 "$process" 2>/dev/null || fail "the grid ended before it was stopped"
  sleep 0.05
done
kill -TERM "$process"
wait "$process" || code=$?
[ "$code" = 143 ] || fail "a grid that was stopped ended with $code"
said 'the same command goes on'
pgrep -f "output=disturbed/" >/dev/null && fail "a cell outlives its grid that was stopped"
grid disturbed
expect 0 "${table[@]}"
same_tables disturbed "after SIGTERM"
echo "faults: a grid that is stopped says so, and ends in the same tables"

# One file of each kind, and each file where there is time.
mapfile -t files < <(cd untouched && find . -type f | sort)
if [ "$kills" -lt "${#files[@]}" ]; then
  mapfile -t files < <(printf '%s\n' "${files[@]}" | shuf -n "$kills")
fi
damaged=0
for file in "${files[@]}"; do
  for harm in flip rm; do
    rm -rf harmed
    cp -r untouched harmed
    "$harm" "harmed/$file"
    grid harmed
    expect 0 "${table[@]}"
    same_tables harmed "after $harm of $file"
    damaged=$((damaged + 1))
  done
done
echo "faults: $damaged files of a grid damaged or removed, which ended in the same tables"

# A checkpoint of a cell.
rm -rf harmed
grid harmed
"${table[@]}" >out.log 2>err.log &
process=$!
until compgen -G 'harmed/*/*/checkpoint/checkpoint-*.safetensors' >checkpoints; do
  kill -0 "$process" 2>/dev/null || fail "the grid ended without a checkpoint"
  sleep 0.05
done
end_now
while read -r checkpoint; do flip "$checkpoint"; done <checkpoints
expect 0 "${table[@]}"
same_tables harmed "after a damaged checkpoint"

# Other data: one label of the 60,000.
labels=train-labels-idx1-ubyte
mv "images/$labels.gz" labels.gz
gzip -dc labels.gz >"images/$labels"
label=$(od -An -tu1 -j 100 -N 1 "images/$labels")
printf "\\x$(printf %x $(((label + 1) % 10)))" |
  dd of="images/$labels" bs=1 seek=100 conv=notrunc status=none
grid untouched
cp -r untouched before
expect 75 "${table[@]}"
diff -r untouched before >/dev/null || fail "the grid of other data was changed"
rm "images/$labels"
mv labels.gz "images/$labels.gz"
echo "faults: a damaged checkpoint of a cell is passed over; other data under a grid are refused"
