using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>Reads what <see cref="StateWriter"/> wrote. Values come from the cache if it has them. Not safe for use by
/// several threads.</summary>
internal sealed class StateReader(ValueCache cache)
{
    // Behind the bytes of a graph, so that a number can be read without a check.
    private const int Padding = 16;

    private byte[] buffer = new byte[1 << 12];
    private object[] instances = new object[256];
    private int position;
    private int count;
    private int length;
    private int valueDepth;

    /// <summary>All bytes of the graph were read.</summary>
    public bool IsAtEnd => position == length;

    /// <summary>Begins a graph.</summary>
    public void Begin(ReadOnlySpan<byte> bytes)
    {
        if (buffer.Length < bytes.Length + Padding)
        {
            buffer = new byte[(bytes.Length * 2) + Padding];
        }

        bytes.CopyTo(buffer);
        length = bytes.Length;
        position = count = valueDepth = 0;
    }

    public byte ReadByte() => Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), position++);

    public ulong ReadUnsigned()
    {
        ref var source = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), position);
        ulong value = source;
        if (value < 0x80)
        {
            position++;
            return value;
        }

        value &= 0x7F;
        var read = 1;
        for (var shift = 7; ; shift += 7)
        {
            ulong next = Unsafe.Add(ref source, read++);
            value |= (next & 0x7F) << shift;
            if (next < 0x80)
            {
                position += read;
                return value;
            }
        }
    }

    public long ReadSigned()
    {
        var value = ReadUnsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public float ReadSingle() => BitConverter.UInt32BitsToSingle((uint)ReadUnsigned());

    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadUnsigned());

    public void ReadGuid(ref Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, ReadUnsigned());
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], ReadUnsigned());
        value = new Guid(bytes);
    }

    public void ReadBytes(Span<byte> bytes)
    {
        buffer.AsSpan(position, bytes.Length).CopyTo(bytes);
        position += bytes.Length;
    }

    /// <summary>Gives an instance its number, unless it is inside a value.</summary>
    public void Register(object instance)
    {
        if (valueDepth > 0)
        {
            return;
        }

        if (count == instances.Length)
        {
            Array.Resize(ref instances, count * 2);
        }

        instances[count++] = instance;
    }

    public object? ReadReference(ObjectCodec codec)
    {
        var number = ReadUnsigned();
        return number == 1 ? ReadInstance(codec) : Registered(number);
    }

    public object? ReadPolymorphic(SubtypeTable types)
    {
        var number = ReadUnsigned();
        return number == 1 ? ReadInstance(types.Read(this)) : Registered(number);
    }

    /// <summary>Begins a key, which is a value.</summary>
    public void BeginKey() => valueDepth++;

    public void EndKey() => valueDepth--;

    private object? Registered(ulong number) => number == 0 ? null : instances[(int)number - 2];

    private object ReadInstance(ObjectCodec codec)
    {
        if (!codec.IsValue)
        {
            return codec.Read(this);
        }

        var end = (int)ReadUnsigned();
        var bytes = buffer.AsSpan(position, end);
        end += position;
        var hash = XxHash3.HashToUInt64(bytes);
        var value = cache.Find(codec, hash, bytes);
        if (value is null)
        {
            valueDepth++;
            value = codec.Read(this);
            valueDepth--;
            cache.Add(codec, hash, bytes.ToArray(), value);
        }

        position = end;
        Register(value);
        return value;
    }
}
