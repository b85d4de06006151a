using System.Diagnostics;

namespace DmIo.Compare;

/// <summary>nbdcopy of libnbd: one request is one copy of the whole disk.</summary>
internal static class Nbdcopy
{
    /// <param name="name">The name in the table.</param>
    /// <param name="server">The server of the disk that is read or written.</param>
    /// <param name="lengthBytes">The length of the disk.</param>
    /// <param name="from">A path, a URI or <c>null:</c>.</param>
    /// <param name="to">A path, a URI or <c>null:</c>.</param>
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
