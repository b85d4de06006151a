using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The data of INFO and GO: the export's name and the requested information.</summary>
internal sealed record ExportRequest(string Name, IReadOnlyList<InfoType> Wanted)
{
    /// <summary>Null: the data is invalid.</summary>
    internal static ExportRequest? Read(ReadOnlySpan<byte> bytes)
    {
        if (!NbdText.TryTake(ref bytes, out var name) || bytes.Length < sizeof(ushort))
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        bytes = bytes[sizeof(ushort)..];
        if (bytes.Length != count * sizeof(ushort))
        {
            return null;
        }

        var wanted = new InfoType[count];
        for (var i = 0; i < count; i++)
        {
            wanted[i] = (InfoType)BinaryPrimitives.ReadUInt16BigEndian(bytes[(i * sizeof(ushort))..]);
        }

        return new ExportRequest(name, wanted);
    }

    internal byte[] ToBytes()
    {
        var bytes = new byte[sizeof(uint) + NbdText.BytesOf(Name) + sizeof(ushort) + (Wanted.Count * sizeof(ushort))];
        var at = NbdText.Put(bytes, Name);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)Wanted.Count);
        at += sizeof(ushort);
        foreach (var type in Wanted)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)type);
            at += sizeof(ushort);
        }

        return bytes;
    }
}

/// <summary>The data of LIST_META_CONTEXT and SET_META_CONTEXT: the export's name and the contexts.</summary>
internal sealed record MetaContextRequest(string Name, IReadOnlyList<string> Queries)
{
    /// <summary>The only supported context: reports holes and ranges that read as zeroes.</summary>
    internal const string Allocation = "base:allocation";

    /// <summary>In a LIST: all contexts in the namespace of <see cref="Allocation"/>.</summary>
    internal const string Base = "base:";

    /// <summary>Null: the data is invalid.</summary>
    internal static MetaContextRequest? Read(ReadOnlySpan<byte> bytes)
    {
        if (!NbdText.TryTake(ref bytes, out var name) || bytes.Length < sizeof(uint))
        {
            return null;
        }

        var count = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        bytes = bytes[sizeof(uint)..];
        if (count > bytes.Length / sizeof(uint))
        {
            return null;
        }

        var queries = new string[count];
        for (var i = 0; i < queries.Length; i++)
        {
            if (!NbdText.TryTake(ref bytes, out var query))
            {
                return null;
            }

            queries[i] = query;
        }

        return bytes.IsEmpty ? new MetaContextRequest(name, queries) : null;
    }

    internal byte[] ToBytes()
    {
        var length = (2 * sizeof(uint)) + NbdText.BytesOf(Name)
            + Queries.Sum(query => sizeof(uint) + NbdText.BytesOf(query));
        var bytes = new byte[length];
        var at = NbdText.Put(bytes, Name);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), (uint)Queries.Count);
        at += sizeof(uint);
        foreach (var query in Queries)
        {
            at += NbdText.Put(bytes.AsSpan(at), query);
        }

        return bytes;
    }
}
