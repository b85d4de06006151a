using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace DmIo;

/// <summary>
/// What only a bug can break is checked always, in released code too: going on would risk somebody's data. What the
/// world does (a bad disk, a full pool) is never an invariant but a returned status.
/// </summary>
internal static class Invariant
{
    /// <summary>
    /// Throws <see cref="InvariantViolationException"/> with the text of the condition where it is false.
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
