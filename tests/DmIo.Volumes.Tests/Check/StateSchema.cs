using System.Collections.Concurrent;
using System.Collections.Immutable;
using DmIo.Volumes.Maps;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// The codecs of all types that a kind of state contains, each compiled once. Safe for use by several threads; the
/// bytes of a state do not depend on the order in which threads find types.
/// </summary>
/// <param name="values">Types that the caller declares to be values, see <see cref="StateTypes"/>.</param>
internal sealed class StateSchema(params Type[] values)
{
    private readonly Lock gate = new();
    private readonly StateTypes types = new(values);
    private readonly ConcurrentDictionary<Type, ObjectCodec> objects = [];
    private readonly ConcurrentDictionary<Type, SlotCodec> slots = [];
    private readonly ConcurrentDictionary<uint, ObjectCodec> objectsByName = [];

    // Codecs under construction; they are published together, when all of them are built.
    private readonly Dictionary<Type, ObjectCodec> newObjects = [];
    private readonly Dictionary<Type, SlotCodec> newSlots = [];
    private readonly Queue<Action> builds = [];
    private bool isBuilding;

    /// <summary>What is a value.</summary>
    public StateTypes Types => types;

    /// <summary>The codec of a location of type T.</summary>
    public SlotCodec<T> SlotOf<T>(string path) => (SlotCodec<T>)Get(slots, newSlots, typeof(T), () =>
    {
        var codec = new SlotCodec<T>();
        builds.Enqueue(() => codec.Build(this, path));
        return codec;
    });

    /// <summary>The codec of the instances of exactly a type.</summary>
    /// <exception cref="NotSupportedException">The type, or one in it, cannot be part of a state.</exception>
    public ObjectCodec ObjectOf(Type type, string path) => Get(objects, newObjects, type, () =>
    {
        var codec = Create(type, path);
        builds.Enqueue(() => codec.Build(this));
        return codec;
    });

    /// <summary>The codec of a type by the hash of its name, see <see cref="NameHashOf"/>.</summary>
    public ObjectCodec ObjectByName(uint hash) => objectsByName[hash];

    /// <summary>A hash of the name of a type, FNV-1a: the same in every thread and process.</summary>
    public static uint NameHashOf(Type type)
    {
        var hash = 2166136261u;
        foreach (var unit in type.AssemblyQualifiedName!)
        {
            hash = (hash ^ unit) * 16777619u;
        }

        return hash;
    }

    private TCodec Get<TCodec>(
        ConcurrentDictionary<Type, TCodec> published, Dictionary<Type, TCodec> created, Type type, Func<TCodec> create)
    {
        if (published.TryGetValue(type, out var found))
        {
            return found;
        }

        lock (gate)
        {
            if (published.TryGetValue(type, out found) || created.TryGetValue(type, out found))
            {
                return found;
            }

            // An exception in a nested call must reach the outermost one, which drops everything under construction.
            if (isBuilding)
            {
                return created[type] = create();
            }

            isBuilding = true;
            try
            {
                found = created[type] = create();
                Build();
                return found;
            }
            finally
            {
                newObjects.Clear();
                newSlots.Clear();
                builds.Clear();
                isBuilding = false;
            }
        }
    }

    private void Build()
    {
        while (builds.TryDequeue(out var build))
        {
            build();
        }

        foreach (var (type, codec) in newObjects)
        {
            var named = objectsByName.GetOrAdd(NameHashOf(type), codec);
            Require(named == codec, $"The names of {type} and {named.Type} have the same hash: rename one.");
        }

        foreach (var (type, codec) in newObjects)
        {
            objects[type] = codec;
        }

        foreach (var (type, codec) in newSlots)
        {
            slots[type] = codec;
        }
    }

    private ObjectCodec Create(Type type, string path)
    {
        if (StateTypes.WhyUnsupported(type) is { } reason)
        {
            throw new NotSupportedException($"{path}: {reason}.");
        }

        if (type == typeof(string))
        {
            return Create(typeof(StringCodec), type, path);
        }

        if (type == typeof(RegionSet))
        {
            return Create(typeof(RegionSetCodec), type, path);
        }

        if (type.IsValueType)
        {
            return Create(typeof(BoxCodec<>).MakeGenericType(type), type, path);
        }

        if (type.IsSZArray)
        {
            return Create(typeof(ArrayCodec<>).MakeGenericType(type.GetElementType()!), type, path);
        }

        if (ContainerCodecs.For(type) is { } container)
        {
            return Create(container, type, path);
        }

        reason = type.IsArray
            ? "arrays of several dimensions cannot be part of a checked state"
            : StateTypes.WhyFieldsAreNotContent(type);
        return reason is null
            ? Create(typeof(FieldsCodec), type, path)
            : throw new NotSupportedException($"{path}: {reason}.");
    }

    private ObjectCodec Create(Type codecType, Type type, string path)
    {
        var codec = (ObjectCodec)Activator.CreateInstance(codecType)!;
        codec.Identify(type, types.IsValue(type), types.IsDeclaredValue(type), path);
        return codec;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }
}

/// <summary>The types that a polymorphic location can hold: those known by the declared type have a number, the others
/// are found by name.</summary>
internal sealed class SubtypeTable
{
    private const int ByName = 0;

    private readonly StateSchema schema;
    private readonly string path;
    private readonly ImmutableArray<Type> known;
    private readonly ObjectCodec?[] knownCodecs;
    private readonly ConcurrentDictionary<Type, Entry> entries = [];
    private Entry? latest;

    public SubtypeTable(StateSchema schema, Type declared, string path)
    {
        this.schema = schema;
        this.path = path;
        known = schema.Types.SubtypesOf(declared);
        knownCodecs = new ObjectCodec?[known.Length];
    }

    /// <summary>The path of the location, for messages.</summary>
    public string Path => path;

    /// <summary>The codec of an instance, and the number to write.</summary>
    public Entry Find(object instance)
    {
        var type = instance.GetType();
        var entry = latest;
        if (entry is null || entry.Codec.Type != type)
        {
            if (!entries.TryGetValue(type, out entry))
            {
                entry = entries.GetOrAdd(type, Add(type));
            }

            latest = entry;
        }

        return entry;
    }

    /// <summary>Reads what <see cref="Entry.Write"/> wrote.</summary>
    public ObjectCodec Read(StateReader reader)
    {
        var number = (int)reader.ReadUnsigned();
        return number == ByName
            ? schema.ObjectByName((uint)reader.ReadUnsigned())
            : knownCodecs[number - 1] ??= CodecOf(known[number - 1]);
    }

    private Entry Add(Type type)
    {
        var number = known.IndexOf(type) + 1;
        return new Entry(CodecOf(type), number, number == ByName ? StateSchema.NameHashOf(type) : 0);
    }

    private ObjectCodec CodecOf(Type type)
    {
        var reached = StateTypes.WhyUnsupported(type) is null ? $"{path}({type.Name})" : path;
        return schema.ObjectOf(type, reached);
    }

    internal sealed record Entry(ObjectCodec Codec, int Number, uint NameHash)
    {
        /// <summary>Appends the number or name of the type.</summary>
        public void Write(StateWriter writer)
        {
            writer.WriteUnsigned((ulong)Number);
            if (Number == ByName)
            {
                writer.WriteUnsigned(NameHash);
            }
        }
    }
}
