using Xunit;

// Mounts, loop devices and stopped processes are shared by the machine: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
