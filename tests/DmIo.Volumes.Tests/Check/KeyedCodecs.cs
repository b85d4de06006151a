using System.Runtime.InteropServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Sets and dictionaries. Keys must be values. Hashed containers are written in the order of the bytes of their keys,
/// sorted ones in their own order. Only the default comparers and the ordinal one of strings are supported.
/// </summary>
internal abstract class KeyedCodec<TKey> : ObjectCodec
{
    protected SlotCodec<TKey> Key { get; private set; } = null!;

    public override void Build(StateSchema schema)
    {
        if (!schema.Types.HoldsValues(typeof(TKey)))
        {
            throw new NotSupportedException(
                $"{Path}: keys must be values (immutable, with their own equality); {typeof(TKey)} is none.");
        }

        Key = schema.SlotOf<TKey>(Path + "[key]");
    }

    /// <summary>Writes if the comparer is the ordinal one.</summary>
    protected void WriteComparer(StateWriter writer, object comparer, object standard)
    {
        var isStandard = ReferenceEquals(comparer, standard) || comparer.Equals(standard);
        if (!isStandard && !ReferenceEquals(comparer, StringComparer.Ordinal))
        {
            throw new NotSupportedException($"{Path}: the codec does not know the comparer {comparer}.");
        }

        writer.WriteByte(isStandard ? (byte)0 : (byte)1);
    }

    protected static IEqualityComparer<TKey>? ReadEqualityComparer(StateReader reader) =>
        reader.ReadByte() == 0 ? null : (IEqualityComparer<TKey>)StringComparer.Ordinal;

    protected static IComparer<TKey>? ReadComparer(StateReader reader) =>
        reader.ReadByte() == 0 ? null : (IComparer<TKey>)StringComparer.Ordinal;

    protected TKey ReadKey(StateReader reader)
    {
        TKey key = default!;
        reader.BeginKey();
        Key.Read(reader, ref key);
        reader.EndKey();
        return key;
    }

    protected void WriteKey(StateWriter writer, TKey key)
    {
        writer.BeginKey();
        Key.Write(writer, ref key);
        writer.EndKey();
    }
}

internal sealed class HashSetCodec<T> : KeyedCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var set = (HashSet<T>)instance;
        WriteComparer(writer, set.Comparer, EqualityComparer<T>.Default);
        writer.WriteUnsigned((ulong)set.Count);
        var keys = writer.BeginSort();
        foreach (var key in set)
        {
            var start = writer.Position;
            WriteKey(writer, key);
            keys.Add(start, writer.Position, keys.Count);
        }

        writer.Sort(keys);
        foreach (var key in keys.Sorted)
        {
            writer.WriteBytes(keys.BytesOf(key));
        }

        writer.EndSort();
    }

    public override object Read(StateReader reader)
    {
        var comparer = ReadEqualityComparer(reader);
        var count = (int)reader.ReadUnsigned();
        var set = new HashSet<T>(count, comparer);
        reader.Register(set);
        for (var i = 0; i < count; i++)
        {
            set.Add(ReadKey(reader));
        }

        return set;
    }
}

internal sealed class SortedSetCodec<T> : KeyedCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var set = (SortedSet<T>)instance;
        WriteComparer(writer, set.Comparer, Comparer<T>.Default);
        writer.WriteUnsigned((ulong)set.Count);
        foreach (var key in set)
        {
            WriteKey(writer, key);
        }
    }

    public override object Read(StateReader reader)
    {
        var set = new SortedSet<T>(ReadComparer(reader));
        reader.Register(set);
        for (var left = reader.ReadUnsigned(); left > 0; left--)
        {
            set.Add(ReadKey(reader));
        }

        return set;
    }
}

/// <summary>A container of keys with values.</summary>
internal abstract class MapCodec<TKey, TValue> : KeyedCodec<TKey>
    where TKey : notnull
{
    protected SlotCodec<TValue> Value { get; private set; } = null!;

    public override void Build(StateSchema schema)
    {
        base.Build(schema);
        Value = schema.SlotOf<TValue>(Path + "[]");
    }

    protected void WriteSorted(StateWriter writer, IDictionary<TKey, TValue> entries)
    {
        writer.WriteUnsigned((ulong)entries.Count);
        foreach (var (key, entry) in entries)
        {
            var value = entry;
            WriteKey(writer, key);
            Value.Write(writer, ref value);
        }
    }

    protected void ReadSorted(StateReader reader, IDictionary<TKey, TValue> entries)
    {
        for (var left = reader.ReadUnsigned(); left > 0; left--)
        {
            var key = ReadKey(reader);
            TValue value = default!;
            Value.Read(reader, ref value);
            entries.Add(key, value);
        }
    }
}

internal sealed class DictionaryCodec<TKey, TValue> : MapCodec<TKey, TValue>
    where TKey : notnull
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var map = (Dictionary<TKey, TValue>)instance;
        WriteComparer(writer, map.Comparer, EqualityComparer<TKey>.Default);
        writer.WriteUnsigned((ulong)map.Count);
        var values = new TValue[map.Count];
        var keys = writer.BeginSort();
        foreach (var (key, value) in map)
        {
            var start = writer.Position;
            WriteKey(writer, key);
            values[keys.Count] = value;
            keys.Add(start, writer.Position, keys.Count);
        }

        writer.Sort(keys);
        foreach (var key in keys.Sorted)
        {
            writer.WriteBytes(keys.BytesOf(key));
            Value.Write(writer, ref values[key.Entry]);
        }

        writer.EndSort();
    }

    public override object Read(StateReader reader)
    {
        var comparer = ReadEqualityComparer(reader);
        var count = (int)reader.ReadUnsigned();
        var map = new Dictionary<TKey, TValue>(count, comparer);
        reader.Register(map);
        for (var i = 0; i < count; i++)
        {
            var key = ReadKey(reader);
            TValue value = default!;
            Value.Read(reader, ref value);
            CollectionsMarshal.GetValueRefOrAddDefault(map, key, out _) = value;
        }

        return map;
    }
}

internal sealed class SortedDictionaryCodec<TKey, TValue> : MapCodec<TKey, TValue>
    where TKey : notnull
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var map = (SortedDictionary<TKey, TValue>)instance;
        WriteComparer(writer, map.Comparer, Comparer<TKey>.Default);
        WriteSorted(writer, map);
    }

    public override object Read(StateReader reader)
    {
        var map = new SortedDictionary<TKey, TValue>(ReadComparer(reader));
        reader.Register(map);
        ReadSorted(reader, map);
        return map;
    }
}

internal sealed class SortedListCodec<TKey, TValue> : MapCodec<TKey, TValue>
    where TKey : notnull
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var map = (SortedList<TKey, TValue>)instance;
        WriteComparer(writer, map.Comparer, Comparer<TKey>.Default);
        WriteSorted(writer, map);
    }

    public override object Read(StateReader reader)
    {
        var map = new SortedList<TKey, TValue>(ReadComparer(reader));
        reader.Register(map);
        ReadSorted(reader, map);
        return map;
    }
}
