using DmIo.Devices.IoUring;
using Xunit;

namespace DmIo.Tests.Devices.IoUring;

/// <summary>Requires a kernel that permits io_uring.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RingFactAttribute : FactAttribute
{
    public RingFactAttribute() => Skip = RingAvailability.Reason;
}

/// <inheritdoc cref="RingFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RingTheoryAttribute : TheoryAttribute
{
    public RingTheoryAttribute() => Skip = RingAvailability.Reason;
}

internal static class RingAvailability
{
    private static readonly Lazy<string?> Found = new(Find);

    /// <summary>Why no ring is available; null: one is.</summary>
    internal static string? Reason => Found.Value;

    private static string? Find()
    {
        using var ring = RingOpening.TryOpen(1, out _, out var reason);
        return ring is null ? reason : null;
    }
}
