# Plots scaling.dat, what `speed scaling` prints.
set terminal svg size 640,400 font "sans-serif,13" background "white"
set output "scaling.svg"
set grid lc rgb "#dddddd"
set key top left
set logscale xy
set xlabel "weights n"; set ylabel "seconds"
set datafile separator "\t"
set format x "10^{%L}"
plan(p) = sprintf("< grep '^%s' scaling.dat", p)
plot plan("quantize(k=2)") using 2:3 with linespoints lw 2 lc rgb "#1b6ca8" pt 7 title "quantize(k=2)", \
     plan("quantize(k=16)") using 2:3 with linespoints lw 2 lc rgb "#d1495b" pt 7 title "quantize(k=16)", \
     plan("prune(keep=5%)") using 2:3 with linespoints lw 2 lc rgb "#3a7d44" pt 7 title "prune(keep=5%)", \
     plan("prune(keep=1%)") using 2:3 with linespoints lw 2 lc rgb "#8d6a9f" pt 7 title "prune(keep=1%) + quantize(k=2)", \
     x * 3.5e-9 with lines dt 2 lc rgb "#999999" title "3.5 ns a weight"
