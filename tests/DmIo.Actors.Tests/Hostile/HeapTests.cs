using Xunit;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>Tests that measure the heap. No other test runs at the same time.</summary>
[CollectionDefinition(Heap.Name, DisableParallelization = true)]
public sealed class HeapTests;
