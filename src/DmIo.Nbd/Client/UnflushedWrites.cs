namespace DmIo.Nbd.Client;

/// <summary>Counts the writes that were acknowledged but not flushed. If a connection is lost, these may be lost too:
/// the server may have crashed with them in its cache, and a flush on a new connection would succeed without them. So
/// the first flush after that fails, once, like a failed writeback in Linux (errseq).</summary>
internal sealed class UnflushedWrites
{
    private long written;
    private long covered;

    /// <summary>The number of acknowledged writes that may be lost.</summary>
    internal long Lost { get; private set; }

    /// <summary>A write without FUA was acknowledged.</summary>
    internal void Written() => written++;

    /// <summary>A flush is sent. Returns the argument of <see cref="Flushed"/>.</summary>
    internal long Begin() => written;

    /// <summary>A flush succeeded.</summary>
    internal void Flushed(long upTo) => covered = Math.Max(covered, upTo);

    /// <summary>A connection was lost.</summary>
    internal void ConnectionLost()
    {
        Lost += written - covered;
        covered = written;
    }

    /// <summary>A failed flush reported the loss.</summary>
    internal void Reported() => Lost = 0;
}
