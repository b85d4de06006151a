using Xunit;

namespace DmIo.Nbd.Tests.RealPeers;

/// <summary>Requires qemu and its guest files, and DMIO_LONG=1.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute() => Skip = Environment.GetEnvironmentVariable("DMIO_LONG") == "1"
        ? KernelGuest.FindReason()
        : "It takes long, and DMIO_LONG=1 is not set.";
}
