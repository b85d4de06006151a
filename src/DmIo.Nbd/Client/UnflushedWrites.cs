namespace DmIo.Nbd.Client;

/// <summary>
/// Which writes were acknowledged and not flushed. Where a connection is lost, so may they be: the server may have
/// died with them in its cache, and the flush on a new connection would succeed without them. So the first flush after
/// such a loss fails, once, as Linux does with what it could not write back (errseq).
/// </summary>
internal sealed class UnflushedWrites
{
    private long written;
    private long covered;

    /// <summary>How many acknowledged writes may be lost; 0: none.</summary>
    internal long Lost { get; private set; }

    /// <summary>A write was acknowledged that is not durable by itself.</summary>
    internal void Written() => written++;

    /// <summary>A flush goes to the server; what it covers, for <see cref="Flushed"/>.</summary>
    internal long Begin() => written;

    /// <summary>It succeeded.</summary>
    internal void Flushed(long upTo) => covered = Math.Max(covered, upTo);

    /// <summary>A connection was lost.</summary>
    internal void ConnectionLost()
    {
        Lost += written - covered;
        covered = written;
    }

    /// <summary>Whoever asked for a flush was told.</summary>
    internal void Reported() => Lost = 0;
}
