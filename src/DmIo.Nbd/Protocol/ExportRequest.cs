using System.Buffers.Binary;

namespace DmIo.Nbd.Protocol;

/// <summary>The data of INFO and GO: an export's name, and what else the client wants to know of it.</summary>
internal sealed record ExportRequest(string Name, IReadOnlyList<InfoType> Wanted)
{
    /// <summary>Null where it is not one: lengths that don't fit, or a name that is no text.</summary>
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
