using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DmIo.Volumes.Maps;

namespace DmIo.Volumes.Tests.Check;

/// <summary>The codecs of the containers of the platform: they write the elements, not the private fields, which also
/// hold capacities and version counters.</summary>
internal static class ContainerCodecs
{
    private static readonly Dictionary<Type, Type> Known = new()
    {
        [typeof(List<>)] = typeof(ListCodec<>),
        [typeof(Queue<>)] = typeof(QueueCodec<>),
        [typeof(Stack<>)] = typeof(StackCodec<>),
        [typeof(HashSet<>)] = typeof(HashSetCodec<>),
        [typeof(SortedSet<>)] = typeof(SortedSetCodec<>),
        [typeof(Dictionary<,>)] = typeof(DictionaryCodec<,>),
        [typeof(SortedDictionary<,>)] = typeof(SortedDictionaryCodec<,>),
        [typeof(SortedList<,>)] = typeof(SortedListCodec<,>),
    };

    /// <summary>The type of the codec of a container type, or null.</summary>
    public static Type? For(Type type) =>
        type.IsGenericType && Known.TryGetValue(type.GetGenericTypeDefinition(), out var codec)
            ? codec.MakeGenericType(type.GenericTypeArguments)
            : null;
}

/// <summary>Sets of regions, as ranges.</summary>
internal sealed class RegionSetCodec : ObjectCodec
{
    public override void Build(StateSchema schema)
    {
    }

    public override void Write(StateWriter writer, object instance)
    {
        var set = (RegionSet)instance;
        for (var first = set.IsEmpty ? -1 : set.FindNext(0); first >= 0;)
        {
            var end = set.FindNextClear(first);
            writer.WriteUnsigned((ulong)(end - first));
            writer.WriteUnsigned((ulong)first);
            first = set.FindNext(end);
        }

        writer.WriteUnsigned(0);
    }

    public override object Read(StateReader reader)
    {
        var set = new RegionSet();
        reader.Register(set);
        for (var count = reader.ReadUnsigned(); count != 0; count = reader.ReadUnsigned())
        {
            set.SetRange(new RegionRange((long)reader.ReadUnsigned(), (long)count));
        }

        return set;
    }
}

/// <summary>A container with elements of one type.</summary>
internal abstract class ElementsCodec<T> : ObjectCodec
{
    protected SlotCodec<T> Element { get; private set; } = null!;

    public override void Build(StateSchema schema) => Element = schema.SlotOf<T>(Path + "[]");

    protected void WriteElements(StateWriter writer, ReadOnlySpan<T> elements)
    {
        var write = Element.Write;
        foreach (ref readonly var element in elements)
        {
            write(writer, ref Unsafe.AsRef(in element));
        }
    }

    protected void ReadElements(StateReader reader, Span<T> elements)
    {
        var read = Element.Read;
        foreach (ref var element in elements)
        {
            read(reader, ref element);
        }
    }
}

internal sealed class ArrayCodec<T> : ElementsCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var array = (T[])instance;
        writer.WriteUnsigned((ulong)array.Length);
        if (typeof(T) == typeof(byte))
        {
            writer.WriteBytes(Unsafe.As<byte[]>(instance));
        }
        else
        {
            WriteElements(writer, array);
        }
    }

    public override object Read(StateReader reader)
    {
        var array = new T[(int)reader.ReadUnsigned()];
        reader.Register(array);
        if (typeof(T) == typeof(byte))
        {
            reader.ReadBytes(Unsafe.As<byte[]>(array));
        }
        else
        {
            ReadElements(reader, array);
        }

        return array;
    }
}

internal sealed class ListCodec<T> : ElementsCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var list = (List<T>)instance;
        writer.WriteUnsigned((ulong)list.Count);
        WriteElements(writer, CollectionsMarshal.AsSpan(list));
    }

    public override object Read(StateReader reader)
    {
        var count = (int)reader.ReadUnsigned();
        var list = new List<T>(count);
        reader.Register(list);
        CollectionsMarshal.SetCount(list, count);
        var elements = CollectionsMarshal.AsSpan(list);
        elements.Clear();
        ReadElements(reader, elements);
        return list;
    }
}

internal sealed class QueueCodec<T> : ElementsCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var queue = (Queue<T>)instance;
        writer.WriteUnsigned((ulong)queue.Count);
        foreach (var element in queue)
        {
            var copy = element;
            Element.Write(writer, ref copy);
        }
    }

    public override object Read(StateReader reader)
    {
        var count = (int)reader.ReadUnsigned();
        var queue = new Queue<T>(count);
        reader.Register(queue);
        for (var i = 0; i < count; i++)
        {
            T element = default!;
            Element.Read(reader, ref element);
            queue.Enqueue(element);
        }

        return queue;
    }
}

/// <summary>Stacks, from the top to the bottom.</summary>
internal sealed class StackCodec<T> : ElementsCodec<T>
{
    public override void Write(StateWriter writer, object instance)
    {
        CheckType(instance);
        var stack = (Stack<T>)instance;
        writer.WriteUnsigned((ulong)stack.Count);
        foreach (var element in stack)
        {
            var copy = element;
            Element.Write(writer, ref copy);
        }
    }

    public override object Read(StateReader reader)
    {
        var elements = new T[(int)reader.ReadUnsigned()];
        var stack = new Stack<T>(elements.Length);
        reader.Register(stack);
        ReadElements(reader, elements);
        for (var i = elements.Length - 1; i >= 0; i--)
        {
            stack.Push(elements[i]);
        }

        return stack;
    }
}

/// <summary>An immutable array as a value: it has no identity of its own.</summary>
internal sealed class ImmutableArrayCodec<T>(StateSchema schema, string path)
{
    private readonly SlotCodec<T> element = schema.SlotOf<T>(path + "[]");

    public void Write(StateWriter writer, ref ImmutableArray<T> value)
    {
        if (value.IsDefault)
        {
            writer.WriteByte(0);
            return;
        }

        writer.WriteUnsigned((ulong)value.Length + 1);
        foreach (ref readonly var each in value.AsSpan())
        {
            element.Write(writer, ref Unsafe.AsRef(in each));
        }
    }

    public void Read(StateReader reader, ref ImmutableArray<T> value)
    {
        var length = (int)reader.ReadUnsigned() - 1;
        if (length <= 0)
        {
            value = length < 0 ? default : [];
            return;
        }

        var elements = new T[length];
        foreach (ref var each in elements.AsSpan())
        {
            element.Read(reader, ref each);
        }

        value = ImmutableCollectionsMarshal.AsImmutableArray(elements);
    }
}
