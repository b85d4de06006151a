using DmIo.Nbd.Tests.Peers;
using Xunit;

namespace DmIo.Nbd.Tests.Fuzz;

/// <summary>When all clients of a server have gone, so has all that it had for them: soon, as it hears of an end when
/// the network tells it.</summary>
internal static class NothingKept
{
    internal static async Task AssertAsync(NbdServer server)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        NbdServerStatus status;
        do
        {
            status = await server.GetStatusAsync().InTime();
        }
        while ((status.Connections.Count > 0 || status.Exports.Any(HoldsSomething)) && !limit.IsCancellationRequested);

        Assert.Empty(status.Connections);
        Assert.DoesNotContain(status.Exports, HoldsSomething);

        static bool HoldsSomething(NbdExportStatus export) => export.Connections > 0 || export.PagesInUse > 0;
    }
}
