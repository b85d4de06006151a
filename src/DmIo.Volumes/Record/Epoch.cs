namespace DmIo.Volumes.Record;

/// <summary>
/// The identity of a writer's attempt to take a volume over, in the order in which voters promise: by round, then by
/// the bytes of the Guid. Every attempt draws a fresh Guid, so two attempts never share an epoch.
/// </summary>
/// <param name="Round">The round, at least 1 for an attempt; 0 only in <see cref="None"/>.</param>
/// <param name="Writer">The Guid of the attempt.</param>
public readonly record struct Epoch(ulong Round, Guid Writer) : IComparable<Epoch>
{
    /// <summary>Before every attempt.</summary>
    public static Epoch None => default;

    public static bool operator <(Epoch left, Epoch right) => left.CompareTo(right) < 0;

    public static bool operator >(Epoch left, Epoch right) => left.CompareTo(right) > 0;

    public static bool operator <=(Epoch left, Epoch right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Epoch left, Epoch right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(Epoch other)
    {
        var byRound = Round.CompareTo(other.Round);
        return byRound != 0 ? byRound : Writer.CompareTo(other.Writer);
    }

    public override string ToString() => $"{Round}/{Writer.ToString("N")[..8]}";
}

/// <summary>The version of a record: the epoch of its writer, and the number of the record in that epoch. Versions are
/// compared only within one lineage.</summary>
/// <param name="Epoch">The epoch of the writer that proposed the record.</param>
/// <param name="Number">The number of the record in its epoch (k in the specification), from 1.</param>
public readonly record struct RecordVersion(Epoch Epoch, ulong Number) : IComparable<RecordVersion>
{
    public static bool operator <(RecordVersion left, RecordVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(RecordVersion left, RecordVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(RecordVersion left, RecordVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RecordVersion left, RecordVersion right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(RecordVersion other)
    {
        var byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : Number.CompareTo(other.Number);
    }

    public override string ToString() => $"{Epoch}.{Number}";
}
