await runBench()
