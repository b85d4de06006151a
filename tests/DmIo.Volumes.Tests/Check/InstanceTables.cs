using System.Runtime.CompilerServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>The numbers of the instances with an identity of one graph. Clearing costs nothing: entries carry the
/// number of their graph.</summary>
internal sealed class IdentityTable
{
    private Slot[] slots = new Slot[256];
    private int graph = 1;
    private int count;

    public void Clear()
    {
        graph++;
        count = 0;
    }

    /// <summary>The number of an instance; -1: it has none yet, and gets the given one.</summary>
    public int FindOrAdd(object instance, int number)
    {
        var mask = slots.Length - 1;
        for (var i = HashOf(instance) & mask; ; i = (i + 1) & mask)
        {
            ref var slot = ref slots[i];
            if (slot.Graph != graph)
            {
                slot = new Slot(instance, number, graph);
                if (++count * 2 > slots.Length)
                {
                    Grow();
                }

                return -1;
            }

            if (ReferenceEquals(slot.Instance, instance))
            {
                return slot.Number;
            }
        }
    }

    private static int HashOf(object instance) => (int)((uint)RuntimeHelpers.GetHashCode(instance) * 2654435769u >> 8);

    private void Grow()
    {
        var old = slots;
        slots = new Slot[old.Length * 2];
        count = 0;
        foreach (var slot in old)
        {
            if (slot.Graph == graph)
            {
                FindOrAdd(slot.Instance, slot.Number);
            }
        }
    }

    private readonly record struct Slot(object Instance, int Number, int Graph);
}

/// <summary>The values of one graph, by their bytes.</summary>
internal sealed class ValueTable
{
    private Slot[] slots = new Slot[128];
    private int graph = 1;
    private int count;

    public void Clear()
    {
        graph++;
        count = 0;
    }

    /// <summary>The number of the value with the given bytes, or -1.</summary>
    public int Find(ObjectCodec codec, ulong hash, ReadOnlySpan<byte> bytes, byte[] buffer)
    {
        var mask = slots.Length - 1;
        for (var i = (int)hash & mask; slots[i].Graph == graph; i = (i + 1) & mask)
        {
            ref var slot = ref slots[i];
            if (slot.Hash == hash && slot.Codec == codec
                && buffer.AsSpan(slot.Start, slot.Length).SequenceEqual(bytes))
            {
                return slot.Number;
            }
        }

        return -1;
    }

    /// <summary>Adds a value that the table does not have. Its bytes are in the buffer.</summary>
    public void Add(ObjectCodec codec, ulong hash, int start, int length, int number) =>
        Add(new Slot(codec, hash, start, length, number, graph));

    private void Add(in Slot added)
    {
        if (++count * 2 > slots.Length)
        {
            Grow();
        }

        var mask = slots.Length - 1;
        var i = (int)added.Hash & mask;
        while (slots[i].Graph == graph)
        {
            i = (i + 1) & mask;
        }

        slots[i] = added;
    }

    private void Grow()
    {
        var old = slots;
        slots = new Slot[old.Length * 2];
        count = 1;
        foreach (ref readonly var slot in old.AsSpan())
        {
            if (slot.Graph == graph)
            {
                Add(in slot);
            }
        }
    }

    private readonly record struct Slot(ObjectCodec Codec, ulong Hash, int Start, int Length, int Number, int Graph);
}

/// <summary>
/// Values that were read, so that equal ones share an instance, and the bytes of the instance need not be computed
/// again. Both tables drop an entry when another one takes its place: the bound is the number of slots.
/// </summary>
internal sealed class ValueCache
{
    private const int Slots = 1 << 14;

    private readonly Entry?[] byBytes = new Entry?[Slots];
    private readonly Entry?[] byInstance = new Entry?[Slots];

    /// <summary>The entry of exactly this instance, or null.</summary>
    public Entry? Find(object instance, ObjectCodec codec)
    {
        var entry = byInstance[SlotOf(instance)];
        return entry is not null && ReferenceEquals(entry.Instance, instance) && entry.Codec == codec ? entry : null;
    }

    /// <summary>An instance with the given bytes, or null.</summary>
    public object? Find(ObjectCodec codec, ulong hash, ReadOnlySpan<byte> bytes)
    {
        var entry = byBytes[(int)hash & (Slots - 1)];
        return entry is not null && entry.Hash == hash && entry.Codec == codec && bytes.SequenceEqual(entry.Bytes)
            ? entry.Instance
            : null;
    }

    public void Add(ObjectCodec codec, ulong hash, byte[] bytes, object instance)
    {
        var entry = new Entry(codec, hash, bytes, instance);
        byBytes[(int)hash & (Slots - 1)] = entry;
        byInstance[SlotOf(instance)] = entry;
    }

    private static int SlotOf(object instance) =>
        (int)((uint)RuntimeHelpers.GetHashCode(instance) * 2654435769u >> 8) & (Slots - 1);

    internal sealed record Entry(ObjectCodec Codec, ulong Hash, byte[] Bytes, object Instance);
}
