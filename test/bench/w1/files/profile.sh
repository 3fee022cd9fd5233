BENCH_HOME=/opt/bench
export BENCH_HOME
