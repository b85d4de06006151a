using Xunit;

namespace DmIo.Actors.Tests.Hostile;

/// <summary>The collection of tests that measure the heap; no other test runs in parallel with them.</summary>
[CollectionDefinition(Heap.Name, DisableParallelization = true)]
public sealed class HeapTests;
