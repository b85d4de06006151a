using System.Runtime.CompilerServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>Writes the content of the instances of one class, and makes instances with the same content.</summary>
/// <remarks>A codec is created first and built afterwards, so that recursive types can refer to it.</remarks>
internal abstract class ObjectCodec
{
    /// <summary>The exact type of the instances.</summary>
    public Type Type { get; private set; } = typeof(object);

    /// <summary>Identity does not matter, see <see cref="StateTypes"/>.</summary>
    public bool IsValue { get; private set; }

    /// <summary>A value by the word of the caller: inside it, everything counts as a value.</summary>
    public bool IsDeclaredValue { get; private set; }

    /// <summary>Where the type was first found, for messages.</summary>
    public string Path { get; private set; } = "";

    /// <summary>Sets the properties, once, after creation.</summary>
    public void Identify(Type type, bool isValue, bool isDeclaredValue, string path) =>
        (Type, IsValue, IsDeclaredValue, Path) = (type, isValue, isDeclaredValue, path);

    /// <summary>Builds what <see cref="Write"/> and <see cref="Read"/> need.</summary>
    public abstract void Build(StateSchema schema);

    /// <summary>Appends the content of an instance.</summary>
    public abstract void Write(StateWriter writer, object instance);

    /// <summary>Makes an instance and registers it with the reader before its content is read.</summary>
    public abstract object Read(StateReader reader);

    /// <summary>Throws if the instance has another type: a location of an array or container type is read as exactly
    /// that type, but arrays are covariant, and containers are not sealed.</summary>
    protected void CheckType(object instance)
    {
        if (instance.GetType() != Type)
        {
            throw new NotSupportedException($"{Path}: {instance.GetType()} where {Type} is declared.");
        }
    }
}

/// <summary>Writes the field values of a class, reads them into an instance that no constructor has seen.</summary>
internal sealed class FieldsCodec : ObjectCodec
{
    private FieldsWriter write = null!;
    private FieldsReader read = null!;

    public override void Build(StateSchema schema) => (write, read) = CodecEmitter.EmitFields(schema, Type, Path);

    public override void Write(StateWriter writer, object instance) => write(writer, instance);

    public override object Read(StateReader reader)
    {
        var instance = RuntimeHelpers.GetUninitializedObject(Type);
        reader.Register(instance);
        read(reader, instance);
        return instance;
    }
}

/// <summary>A struct in a field of type object or of an interface.</summary>
internal sealed class BoxCodec<T> : ObjectCodec
    where T : struct
{
    private SlotCodec<T> slot = null!;

    public override void Build(StateSchema schema) => slot = schema.SlotOf<T>(Path);

    public override void Write(StateWriter writer, object instance) =>
        slot.Write(writer, ref Unsafe.Unbox<T>(instance));

    public override object Read(StateReader reader)
    {
        object box = default(T);
        reader.Register(box);
        slot.Read(reader, ref Unsafe.Unbox<T>(box));
        return box;
    }
}

/// <summary>Strings, as UTF-16 code units.</summary>
internal sealed class StringCodec : ObjectCodec
{
    public override void Build(StateSchema schema)
    {
    }

    public override void Write(StateWriter writer, object instance)
    {
        var text = (string)instance;
        writer.WriteUnsigned((ulong)text.Length);
        foreach (var unit in text)
        {
            writer.WriteUnsigned(unit);
        }
    }

    public override object Read(StateReader reader) =>
        string.Create((int)reader.ReadUnsigned(), reader, static (units, reader) =>
        {
            for (var i = 0; i < units.Length; i++)
            {
                units[i] = (char)reader.ReadUnsigned();
            }
        });
}
