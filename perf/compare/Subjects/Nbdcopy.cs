using System.Diagnostics;

namespace DmIo.Compare;

/// <summary>nbdcopy, libnbd's own, from end to end: one request is one copy of the whole disk.</summary>
internal static class Nbdcopy
{
    /// <param name="name">In the table.</param>
    /// <param name="server">Whose disk is copied, from or to.</param>
    /// <param name="lengthBytes">How long it is.</param>
    /// <param name="from">A path, a URI or <c>null:</c>.</param>
    /// <param name="to">Likewise.</param>
    internal static Subject Of(string name, ServerProcess server, long lengthBytes, string from, string to) => new(
        name,
        async end =>
        {
            var began = Stopwatch.GetTimestamp();
            await ChildProcess.RunAsync("nbdcopy", [from, to], end);
            var took = Stopwatch.GetElapsedTime(began);
            return new Sample
            {
                Rate = 1 / took.TotalSeconds,
                BytesPerSecond = lengthBytes / took.TotalSeconds,
                P50 = took.TotalMicroseconds,
                P99 = took.TotalMicroseconds,
                P999 = took.TotalMicroseconds,
                Errors = 0,
            };
        },
        server.Missing);
}
