using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace DmIo;

/// <summary>
/// Checks conditions that only a bug can break, in release builds too, because continuing would put data at risk.
/// External failures (a bad disk, a full pool) are never checked as invariants: they are returned as statuses.
/// </summary>
internal static class Invariant
{
    /// <summary>
    /// Throws <see cref="InvariantViolationException"/> with the text of the condition if the condition is false.
    /// </summary>
    public static void Require(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string? expression = null)
    {
        if (!condition)
        {
            Violated(expression);
        }
    }

    // Kept out of Require so that the check itself is inlined.
    [DoesNotReturn]
    private static void Violated(string? expression) => throw new InvariantViolationException(expression);
}

/// <summary>
/// A defect in this library, or in code that violated a contract of the library. There is no way to recover: the call
/// that threw changed nothing, but the state that led to the call cannot be trusted.
/// </summary>
public sealed class InvariantViolationException : Exception
{
    internal InvariantViolationException(string? expression)
        : base($"Invariant violated: {expression}")
    {
    }
}
