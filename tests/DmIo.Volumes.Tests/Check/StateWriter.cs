using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Writes one graph at a time. A reference is written as a number: 0 is null, 1 a new instance whose content follows,
/// n + 2 the instance number n of the graph.
/// <list type="bullet">
/// <item>Instances with an identity are numbered before their content.</item>
/// <item>Values are numbered after it. Two values with the same bytes are one; inside a value there are no numbers, so
/// that its bytes depend on nothing but its content. The length of the bytes precedes them.</item>
/// </list>
/// Not safe for use by several threads.
/// </summary>
internal sealed class StateWriter(ValueCache cache)
{
    // Deep enough for lists of values; a cycle inside a declared value must not end the process.
    private const int MaxValueDepth = 200;
    private const int MaxVarintLength = 10;

    private readonly IdentityTable identities = new();
    private readonly ValueTable values = new();
    private readonly List<SortedKeys> sorts = [];
    private byte[] buffer = new byte[1 << 12];
    private int position;
    private int sortDepth;
    private int valueDepth;
    private int declaredDepth;
    private int instances;

    /// <summary>The number of bytes written.</summary>
    public int Position => position;

    /// <summary>The bytes of the graph, until the next one begins.</summary>
    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, position);

    /// <summary>Begins a graph.</summary>
    public void Begin()
    {
        position = sortDepth = valueDepth = declaredDepth = instances = 0;
        identities.Clear();
        values.Clear();
    }

    public void WriteByte(byte value)
    {
        if (position == buffer.Length)
        {
            Grow(1);
        }

        buffer[position++] = value;
    }

    public void WriteUnsigned(ulong value)
    {
        if (position + MaxVarintLength > buffer.Length)
        {
            Grow(MaxVarintLength);
        }

        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(buffer), position);
        if (value < 0x80)
        {
            target = (byte)value;
            position++;
            return;
        }

        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            Unsafe.Add(ref target, length++) = (byte)(value | 0x80);
        }

        Unsafe.Add(ref target, length++) = (byte)value;
        position += length;
    }

    public void WriteSigned(long value) => WriteUnsigned((ulong)((value << 1) ^ (value >> 63)));

    public void WriteSingle(float value) => WriteUnsigned(BitConverter.SingleToUInt32Bits(value));

    public void WriteDouble(double value) => WriteUnsigned(BitConverter.DoubleToUInt64Bits(value));

    /// <summary>Writes a Guid as two numbers, so that the small Guids of a model stay small.</summary>
    public void WriteGuid(ref Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes);
        WriteUnsigned(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        WriteUnsigned(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > buffer.Length - position)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(buffer.AsSpan(position));
        position += bytes.Length;
    }

    /// <summary>Writes a reference from a location that holds instances of one type only.</summary>
    public void WriteReference(object? instance, ObjectCodec codec)
    {
        if (instance is null)
        {
            WriteByte(0);
        }
        else
        {
            Write(instance, codec, type: null);
        }
    }

    /// <summary>Writes a reference from a location that holds instances of several types.</summary>
    public void WritePolymorphic(object? instance, SubtypeTable types)
    {
        if (instance is null)
        {
            WriteByte(0);
            return;
        }

        var type = types.Find(instance);
        if (valueDepth > 0 && !type.Codec.IsValue && declaredDepth == 0)
        {
            throw new NotSupportedException(
                $"{types.Path}: {type.Codec.Type} is no value, but the type of its container counts as one.");
        }

        Write(instance, type.Codec, type);
    }

    /// <summary>Begins a key, which is a value.</summary>
    public void BeginKey() => valueDepth++;

    public void EndKey() => valueDepth--;

    /// <summary>Begins keys that are sorted by their bytes.</summary>
    public SortedKeys BeginSort()
    {
        if (sortDepth == sorts.Count)
        {
            sorts.Add(new SortedKeys());
        }

        var keys = sorts[sortDepth++];
        keys.Clear(position);
        return keys;
    }

    /// <summary>Takes the keys, which were just written, back, and sorts them.</summary>
    public void Sort(SortedKeys keys)
    {
        keys.Sort(buffer.AsSpan(0, position));
        position = keys.Start;
    }

    public void EndSort() => sortDepth--;

    private void Write(object instance, ObjectCodec codec, SubtypeTable.Entry? type)
    {
        if (codec.IsValue)
        {
            WriteValue(instance, codec, type);
            return;
        }

        if (valueDepth == 0)
        {
            var number = identities.FindOrAdd(instance, instances);
            if (number >= 0)
            {
                WriteUnsigned((ulong)number + 2);
                return;
            }

            instances++;
        }

        WriteByte(1);
        type?.Write(this);
        codec.Write(this, instance);
    }

    private void WriteValue(object instance, ObjectCodec codec, SubtypeTable.Entry? type)
    {
        var start = position;
        var known = cache.Find(instance, codec);
        if (known is not null && valueDepth == 0
            && values.Find(codec, known.Hash, known.Bytes, buffer) is >= 0 and var same)
        {
            WriteUnsigned((ulong)same + 2);
            return;
        }

        WriteByte(1);
        type?.Write(this);
        int content;
        ulong hash;
        if (known is not null)
        {
            WriteUnsigned((ulong)known.Bytes.Length);
            content = position;
            hash = known.Hash;
            WriteBytes(known.Bytes);
        }
        else
        {
            content = WriteContent(instance, codec);
            hash = XxHash3.HashToUInt64(buffer.AsSpan(content, position - content));
        }

        if (valueDepth > 0)
        {
            return;
        }

        var bytes = buffer.AsSpan(content, position - content);
        if (known is null && values.Find(codec, hash, bytes, buffer) is >= 0 and var equal)
        {
            position = start;
            WriteUnsigned((ulong)equal + 2);
            return;
        }

        values.Add(codec, hash, content, bytes.Length, instances++);
    }

    /// <summary>Writes the length and the bytes of a value; returns the position of the bytes.</summary>
    private int WriteContent(object instance, ObjectCodec codec)
    {
        if (++valueDepth > MaxValueDepth)
        {
            throw new NotSupportedException($"{codec.Path}: the value is in a cycle, or too deep.");
        }

        declaredDepth += codec.IsDeclaredValue ? 1 : 0;
        var start = position;
        WriteByte(0);
        codec.Write(this, instance);
        declaredDepth -= codec.IsDeclaredValue ? 1 : 0;
        valueDepth--;

        // Most values have less than 128 bytes: the length has one byte.
        var length = position - start - 1;
        var content = start + 1;
        if (length >= 0x80)
        {
            content = start + LengthOf((ulong)length);
            WriteBytes(stackalloc byte[MaxVarintLength]);
            buffer.AsSpan(start + 1, length).CopyTo(buffer.AsSpan(content));
        }

        position = start;
        WriteUnsigned((ulong)length);
        position = content + length;
        return content;
    }

    private static int LengthOf(ulong value)
    {
        var length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }

    private void Grow(int count) => Array.Resize(ref buffer, Math.Max(buffer.Length * 2, position + count));

    /// <summary>The keys of one container.</summary>
    internal sealed class SortedKeys
    {
        private readonly List<Key> keys = [];
        private byte[] bytes = new byte[256];

        /// <summary>The position of the first key.</summary>
        public int Start { get; private set; }

        public int Count => keys.Count;

        public List<Key> Sorted => keys;

        public void Clear(int start)
        {
            Start = start;
            keys.Clear();
        }

        public void Add(int start, int end, int entry) => keys.Add(new Key(start - Start, end - start, entry));

        public ReadOnlySpan<byte> BytesOf(Key key) => bytes.AsSpan(key.Offset, key.Length);

        public void Sort(ReadOnlySpan<byte> written)
        {
            var source = written[Start..];
            if (bytes.Length < source.Length)
            {
                bytes = new byte[source.Length * 2];
            }

            source.CopyTo(bytes);
            for (var i = 1; i < keys.Count; i++)
            {
                var key = keys[i];
                var j = i;
                for (; j > 0 && BytesOf(keys[j - 1]).SequenceCompareTo(BytesOf(key)) > 0; j--)
                {
                    keys[j] = keys[j - 1];
                }

                keys[j] = key;
            }
        }

        /// <summary>The bytes of a key, and the number of its entry in the order of the container.</summary>
        internal readonly record struct Key(int Offset, int Length, int Entry);
    }
}
