using Xunit;

// Mounts, loop devices and stopped processes are the machine's: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
