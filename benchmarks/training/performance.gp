# Draws the table that the benchmark of training steps writes:
#   gnuplot -e "table='FILE.tsv'; picture='FILE.svg'" performance.gp
if (!exists("kind")) kind = "svg size 960,520 dynamic font 'sans-serif,13'"
set terminal @kind background rgb "white"
set output picture
set datafile separator tab
set datafile columnheaders

# Of several numbers of threads the first.
stats table using (column("threads")) every ::0::0 nooutput
threads = int(STATS_min)
rows = sprintf("< awk -F '\\t' 'NR == 1 || $3 == %d' '%s'", threads, table)
met = "#4477aa"
missed = "#dd8833"

set label 1 sprintf("Time of a training step, xgrad / libtorch, on %d thread%s", threads, threads > 1 ? "s" : "") \
  at screen 0.5, 0.965 center font ",15"
set tmargin at screen 0.85
set rmargin at screen 0.93
set xlabel "time of xgrad / time of libtorch (log scale, less is better)"
set ylabel "workload"
set logscale x
set xrange [0.01:2]
set xtics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2) format "%g" nomirror
set yrange [*:*] reverse
set ytics scale 0
set offsets 0, 0, 0.6, 0.6
set grid xtics linecolor rgb "#dddddd" linetype 1
set border 1
set key at screen 0.93, 0.912 right center horizontal samplen 2 noautotitle
set style fill solid noborder
set arrow from 1, graph 0 to 1, graph 1 nohead linewidth 1.5 linecolor rgb "#555555" front
set label 2 "libtorch" at 1, graph 1.025 center font ",11" textcolor rgb "#555555"

bar(hit) = (column("ratio") <= column("aim")) == hit ? column("ratio") : NaN
plot rows using (0.01):0:(0.01):(column("ratio")):($0 - 0.33):($0 + 0.33):ytic(strcol("workload")."  ".strcol("description")) \
       with boxxyerror linecolor rgb missed title "misses the aim", \
     rows using (0.01):0:(0.01):(bar(1)):($0 - 0.33):($0 + 0.33) with boxxyerror linecolor rgb met title "meets it", \
     rows using (column("aim")):($0 - 0.42):(0):(0.84) with vectors nohead linewidth 3 linecolor rgb "#000000" title "aim", \
     rows using (2):0:(sprintf("%.2g", column("ratio"))) with labels left offset 0.7, 0
