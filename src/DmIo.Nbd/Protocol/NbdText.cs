using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DmIo.Nbd.Protocol;

/// <summary>The protocol's strings: UTF-8 without NUL, with a 32-bit length prefix unless the string is the whole
/// payload.</summary>
internal static class NbdText
{
    private const int MaxPrinted = 512;

    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static int BytesOf(string text) => Strict.GetByteCount(text);

    /// <summary>The string can be sent: it is not too long, and has neither a NUL nor an unpaired surrogate.</summary>
    internal static bool IsText(string? text)
    {
        try
        {
            return text is not null && BytesOf(text) <= NbdMagic.MaxStringBytes
                && !text.Contains('\0', StringComparison.Ordinal);
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Decodes all of <paramref name="bytes"/>; null: too long, or not valid UTF-8 without NUL.</summary>
    internal static string? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > NbdMagic.MaxStringBytes || bytes.Contains((byte)0))
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

    /// <summary>Makes a string of a peer safe for logs: control characters, such as line breaks, become question marks,
    /// and the string is truncated to <see cref="MaxPrinted"/> characters.</summary>
    internal static string Printable(string text) => string.Create(
        Math.Min(text.Length, MaxPrinted), text, static (printed, source) =>
        {
            for (var index = 0; index < printed.Length; index++)
            {
                printed[index] = char.IsControl(source[index]) ? '?' : source[index];
            }
        });

    /// <summary>Reads a length prefix and a string, and advances <paramref name="bytes"/>; false: they are
    /// invalid.</summary>
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

    /// <summary>Writes a length prefix and the string; returns the number of bytes.</summary>
    internal static int Put(Span<byte> bytes, string text)
    {
        var length = Strict.GetBytes(text, bytes[sizeof(uint)..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)length);
        return sizeof(uint) + length;
    }

    /// <summary>Encodes the string, truncated to <paramref name="maxBytes"/> between two characters.</summary>
    internal static byte[] Shortened(string text, int maxBytes)
    {
        var length = Math.Min(text.Length, maxBytes);
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > maxBytes)
        {
            length--;
        }

        length -= length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]) ? 1 : 0;
        return Encoding.UTF8.GetBytes(text[..length]);
    }
}
