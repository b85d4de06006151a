using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DmIo.Nbd.Protocol;

/// <summary>The protocol's strings: UTF-8 without a NUL, with a length of 32 bits in front where they are not
/// alone.</summary>
internal static class NbdText
{
    private const int MostPrinted = 512;

    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static int BytesOf(string text) => Strict.GetByteCount(text);

    /// <summary>Can it be one of them? Not too long, without a NUL, and made of whole characters: half of a surrogate
    /// pair is none.</summary>
    internal static bool IsText(string? text)
    {
        try
        {
            return text is not null && BytesOf(text) <= NbdMagic.LongestString
                && !text.Contains('\0', StringComparison.Ordinal);
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>All of <paramref name="bytes"/> as a text; null where it is too long or no text.</summary>
    internal static string? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > NbdMagic.LongestString || bytes.Contains((byte)0))
        {
            return null;
        }

        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>What a peer named, for a log: a control character, as one that would begin another line, is a question
    /// mark, and what is longer than <see cref="MostPrinted"/> characters is cut.</summary>
    internal static string Printable(string text) => string.Create(
        Math.Min(text.Length, MostPrinted), text, static (printed, said) =>
        {
            for (var index = 0; index < printed.Length; index++)
            {
                printed[index] = char.IsControl(said[index]) ? '?' : said[index];
            }
        });

    /// <summary>Reads length and text, and goes past them; false where that is not what is there.</summary>
    internal static bool TryTake(ref ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (bytes.Length < sizeof(uint))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length > bytes.Length - sizeof(uint))
        {
            return false;
        }

        text = Read(bytes.Slice(sizeof(uint), (int)length));
        bytes = bytes[(sizeof(uint) + (int)length)..];
        return text is not null;
    }

    /// <summary>Writes length and text; returns how many bytes.</summary>
    internal static int Put(Span<byte> bytes, string text)
    {
        var length = Strict.GetBytes(text, bytes[sizeof(uint)..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)length);
        return sizeof(uint) + length;
    }

    /// <summary>The text as bytes, cut where it is longer than <paramref name="mostBytes"/>, between two
    /// characters.</summary>
    internal static byte[] Shortened(string text, int mostBytes)
    {
        var length = Math.Min(text.Length, mostBytes);
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > mostBytes)
        {
            length--;
        }

        length -= length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return Encoding.UTF8.GetBytes(text[..length]);
    }
}
