using DmIo.Io;

namespace DmIo.Actors.Telemetry;

/// <summary>Counters of one kind of operation. One writer, any number of readers.</summary>
internal sealed class OperationCounts
{
    private static readonly int Codes = Enum.GetValues<IoStatusCode>().Length;

    private readonly long[] errors = new long[Codes];
    private long count;
    private long bytes;

    internal long Bytes => Volatile.Read(ref bytes);

    internal void Add(long endedBytes, IoStatusCode code)
    {
        count++;
        if (code == IoStatusCode.Ok)
        {
            bytes += endedBytes;
        }
        else
        {
            errors[(int)code]++;
        }
    }

    internal long ErrorsOf(IoStatusCode code) => Volatile.Read(ref errors[(int)code]);

    /// <summary>Successful operations. Errors are read first, so that the difference is never negative.</summary>
    internal long Succeeded()
    {
        var failed = ErrorCount();
        return Math.Max(0, Volatile.Read(ref count) - failed);
    }

    internal OperationStatistics Snapshot()
    {
        var failed = ErrorCount();
        return new OperationStatistics(Volatile.Read(ref count), Bytes, failed);
    }

    private long ErrorCount()
    {
        var sum = 0L;
        for (var code = 0; code < Codes; code++)
        {
            sum += ErrorsOf((IoStatusCode)code);
        }

        return sum;
    }
}
