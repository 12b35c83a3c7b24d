# What the fault tests share: the program, the folder that they work in, and what they expect.

lc=$PWD/.build/release/lc
recipe=$PWD/Benchmarks/Tables/Recipes/smoke.yaml

fail() { echo "faults: $*" >&2; exit 1; }
expect() { # CODE COMMAND…: runs it and compares the exit code
  local code=$1 found=0
  shift
  "$@" >out.log 2>err.log || found=$?
  [ "$found" = "$code" ] || { cat err.log >&2; fail "expected exit code $code, found $found: $*"; }
}
said() { # TEXT: what the last command must have said
  grep -q -- "$1" err.log || { cat err.log >&2; fail "nothing is said of '$1'"; }
}
same() { cmp "$1" "$2" || fail "$1: other bits than those of an undisturbed run, $3"; }
end_now() { { kill -9 "$process"; wait "$process"; } 2>/dev/null || true; }
random() { # A B: a number from A to B
  awk -v seed="$RANDOM$RANDOM" -v a="$1" -v b="$2" 'BEGIN { srand(seed); print a + (b - a) * rand() }'
}
flip() { # FILE: one bit of it, anywhere
  local size at byte
  size=$(stat -c %s "$1")
  [ "$size" -gt 0 ] || return 0
  at=$(((RANDOM * 32768 + RANDOM) % size))
  byte=$(od -An -tu1 -j "$at" -N 1 "$1")
  printf "\\x$(printf %x $((byte ^ (1 << RANDOM % 8))))" |
    dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
survive() { # NEXT: runs the command that NEXT puts into `command`, killed while kills are left, until it ends
  while true; do
    "$1"
    "${command[@]}" >out.log 2>err.log &
    process=$!
    if [ "$killed" -lt "$kills" ]; then
      sleep "$(random 0.2 2.5)"
      if kill -9 "$process" 2>/dev/null; then killed=$((killed + 1)); fi
    fi
    code=0
    wait "$process" 2>/dev/null || code=$?
    [ "$code" != 0 ] || return 0
    [ "$code" = 137 ] || { cat err.log >&2; fail "exit code $code after $killed kills"; }
  done
}
