using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DmIo.Io;

namespace DmIo.TestKit.Tests.Journals;

/// <summary>Text in whole sectors, with its length and a checksum in front, so that torn or unwritten sectors are
/// detected.</summary>
internal static class SealedBlock
{
    private const int HeaderBytes = SHA256.HashSizeInBytes + sizeof(int);

    internal static byte[] Seal(string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        var sectors = (HeaderBytes + payload.Length + Sector.SizeBytes - 1) / Sector.SizeBytes;
        var block = new byte[sectors * Sector.SizeBytes];
        payload.CopyTo(block, HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(SHA256.HashSizeInBytes), payload.Length);
        SHA256.HashData(block.AsSpan(SHA256.HashSizeInBytes), block);
        return block;
    }

    /// <summary>The text; null: none, or an incomplete one.</summary>
    internal static string? Unseal(ReadOnlySpan<byte> block)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(block[SHA256.HashSizeInBytes..]);
        var isWhole = length >= 0 && length <= block.Length - HeaderBytes
            && SHA256.HashData(block[SHA256.HashSizeInBytes..]).AsSpan()
                .SequenceEqual(block[..SHA256.HashSizeInBytes]);
        return isWhole ? Encoding.UTF8.GetString(block.Slice(HeaderBytes, length)) : null;
    }
}
