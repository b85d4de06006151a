using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>Tests that measure the heap. No other test runs at the same time.</summary>
[CollectionDefinition(Heap.Name, DisableParallelization = true)]
public sealed class HeapTests;
