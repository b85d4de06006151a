// The exception that specifications throw on purpose; no strategy knows it by type.

namespace Akka.Conformance.Tests.Fixtures;

internal sealed class TestFailureException : Exception
{
    public TestFailureException()
        : this("on purpose")
    {
    }

    public TestFailureException(string message)
        : base(message)
    {
    }

    public TestFailureException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
