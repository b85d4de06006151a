// Counts how often it is asked for its text.

namespace Akka.Conformance.Tests.Logging;

public sealed class Spy
{
    private int _formatted;

    public int Formatted => Volatile.Read(ref _formatted);

    public override string ToString() => $"text {Interlocked.Increment(ref _formatted)}";
}
