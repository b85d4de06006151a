using Xunit;

namespace DmIo.Actors.Tests.Fixtures;

/// <summary>A test of features that Windows does not have.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows does not support this." : null;
}
