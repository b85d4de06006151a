namespace DmIo;

/// <summary>
/// A defect in this library, or in code that broke a contract of it. Nothing to catch and go on from: what it guards
/// was not changed by the call that threw, but what led to that call is not to be trusted.
/// </summary>
public sealed class InvariantViolationException : Exception
{
    internal InvariantViolationException(string? expression)
        : base($"Invariant violated: {expression}")
    {
    }
}
