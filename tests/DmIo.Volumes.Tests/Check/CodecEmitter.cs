using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Compiles the writer and the reader of one class or location. Dynamic methods may access private fields and store to
/// readonly ones. Structs are written field by field in the method of their container; for references the methods call
/// <see cref="StateWriter"/> and <see cref="StateReader"/>.
/// </summary>
internal sealed class CodecEmitter
{
    private const int MaxInlineArrayLength = 256;
    private const BindingFlags AllInstance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly StateSchema schema;
    private readonly DynamicMethod method;
    private readonly ILGenerator il;

    // Argument 0 of the method: the codecs that its code refers to.
    private readonly List<object> constants = [];

    private CodecEmitter(StateSchema schema, string name, Type stream, Type target)
    {
        this.schema = schema;
        method = new DynamicMethod(
            name, typeof(void), [typeof(object[]), stream, target], typeof(CodecEmitter).Module, skipVisibility: true);
        il = method.GetILGenerator();
    }

    /// <summary>Compiles the methods of a class.</summary>
    public static (FieldsWriter Write, FieldsReader Read) EmitFields(StateSchema schema, Type type, string path)
    {
        var writer = new CodecEmitter(schema, $"Write {type}", typeof(StateWriter), typeof(object));
        var reader = new CodecEmitter(schema, $"Read {type}", typeof(StateReader), typeof(object));
        foreach (var field in StateTypes.FieldsOf(type))
        {
            writer.EmitWrite(field.FieldType, () => writer.LoadField(field), PathOf(path, field));
            reader.EmitRead(field.FieldType, () => reader.LoadField(field), PathOf(path, field));
        }

        return (writer.Compile<FieldsWriter>(), reader.Compile<FieldsReader>());
    }

    /// <summary>Compiles the methods of a location.</summary>
    public static (SlotWriter<T> Write, SlotReader<T> Read) EmitSlot<T>(StateSchema schema, string path)
    {
        var type = typeof(T);
        var writer = new CodecEmitter(schema, $"Write slot {type}", typeof(StateWriter), type.MakeByRefType());
        var reader = new CodecEmitter(schema, $"Read slot {type}", typeof(StateReader), type.MakeByRefType());
        writer.EmitWrite(type, () => writer.il.Emit(OpCodes.Ldarg_2), path);
        reader.EmitRead(type, () => reader.il.Emit(OpCodes.Ldarg_2), path);
        return (writer.Compile<SlotWriter<T>>(), reader.Compile<SlotReader<T>>());
    }

    private static string PathOf(string path, FieldInfo field)
    {
        var name = field.Name;
        var isBackingField = name.StartsWith('<') && name.Contains('>');
        return $"{path}.{(isBackingField ? name[1..name.IndexOf('>')] : name)}";
    }

    private TDelegate Compile<TDelegate>()
        where TDelegate : Delegate
    {
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<TDelegate>(constants.ToArray());
    }

    private void LoadField(FieldInfo field)
    {
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldflda, field);
    }

    private void EmitWrite(Type type, Action loadAddress, string path) => Emit(type, loadAddress, path, write: true);

    private void EmitRead(Type type, Action loadAddress, string path) => Emit(type, loadAddress, path, write: false);

    private void Emit(Type type, Action loadAddress, string path, bool write)
    {
        if (StateTypes.WhyUnsupported(type) is { } reason)
        {
            throw new NotSupportedException($"{path}: {reason}.");
        }

        if (PrimitiveOf(type) is { } primitive)
        {
            EmitPrimitive(type, primitive, loadAddress, write);
        }
        else if (!type.IsValueType)
        {
            EmitReference(type, loadAddress, path, write);
        }
        else if (type == typeof(Guid))
        {
            il.Emit(OpCodes.Ldarg_1);
            loadAddress();
            Call(write ? nameof(StateWriter.WriteGuid) : nameof(StateReader.ReadGuid), write);
        }
        else if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            EmitNullable(type, underlying, loadAddress, path, write);
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            EmitImmutableArray(type.GenericTypeArguments[0], loadAddress, path, write);
        }
        else
        {
            EmitStruct(type, loadAddress, path, write);
        }
    }

    /// <summary>The name that ends the methods of the writer and the reader for a primitive type.</summary>
    private static string? PrimitiveOf(Type type) => type.IsEnum ? PrimitiveOf(type.GetEnumUnderlyingType())
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean or TypeCode.Byte => "Byte",
            TypeCode.Char or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 => "Unsigned",
            TypeCode.SByte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 => "Signed",
            TypeCode.Single => "Single",
            TypeCode.Double => "Double",
            _ => null,
        };

    private void EmitPrimitive(Type type, string primitive, Action loadAddress, bool write)
    {
        if (write)
        {
            il.Emit(OpCodes.Ldarg_1);
            loadAddress();
            il.Emit(OpCodes.Ldobj, type);
            if (primitive is "Unsigned" or "Signed")
            {
                il.Emit(primitive == "Signed" ? OpCodes.Conv_I8 : OpCodes.Conv_U8);
            }
        }
        else
        {
            loadAddress();
            il.Emit(OpCodes.Ldarg_1);
        }

        Call((write ? "Write" : "Read") + primitive, write);
        if (!write)
        {
            if (primitive is "Unsigned" or "Signed")
            {
                var isLong = type.IsEnum ? type.GetEnumUnderlyingType() : type;
                il.Emit(isLong == typeof(ulong) || isLong == typeof(long) ? OpCodes.Conv_I8 : OpCodes.Conv_I4);
            }

            il.Emit(OpCodes.Stobj, type);
        }
    }

    private void EmitReference(Type type, Action loadAddress, string path, bool write)
    {
        var isPolymorphic = StateTypes.IsPolymorphic(type);
        object codec = isPolymorphic ? new SubtypeTable(schema, type, path) : schema.ObjectOf(type, path);
        var name = isPolymorphic ? "Polymorphic" : "Reference";
        if (write)
        {
            il.Emit(OpCodes.Ldarg_1);
            loadAddress();
            il.Emit(OpCodes.Ldind_Ref);
            LoadConstant(codec);
            Call("Write" + name, write);
        }
        else
        {
            loadAddress();
            il.Emit(OpCodes.Ldarg_1);
            LoadConstant(codec);
            Call("Read" + name, write);
            il.Emit(OpCodes.Stind_Ref);
        }
    }

    private void EmitNullable(Type type, Type underlying, Action loadAddress, string path, bool write)
    {
        var hasValue = type.GetField("hasValue", AllInstance)!;
        var value = type.GetField("value", AllInstance)!;
        var isNull = il.DefineLabel();
        Emit(typeof(bool), () => Load(hasValue), path, write);
        Load(hasValue);
        il.Emit(OpCodes.Ldind_U1);
        il.Emit(OpCodes.Brfalse, isNull);
        Emit(underlying, () => Load(value), path, write);
        il.MarkLabel(isNull);

        void Load(FieldInfo field)
        {
            loadAddress();
            il.Emit(OpCodes.Ldflda, field);
        }
    }

    private void EmitImmutableArray(Type element, Action loadAddress, string path, bool write)
    {
        var codecType = typeof(ImmutableArrayCodec<>).MakeGenericType(element);
        LoadConstant(Activator.CreateInstance(codecType, schema, path)!);
        il.Emit(OpCodes.Ldarg_1);
        loadAddress();
        il.Emit(OpCodes.Call, codecType.GetMethod(write ? "Write" : "Read")!);
    }

    private void EmitStruct(Type type, Action loadAddress, string path, bool write)
    {
        if (StateTypes.WhyFieldsAreNotContent(type) is { } reason)
        {
            throw new NotSupportedException($"{path}: {reason}.");
        }

        var length = type.GetCustomAttribute<InlineArrayAttribute>()?.Length ?? 1;
        if (length > MaxInlineArrayLength)
        {
            throw new NotSupportedException($"{path}: inline arrays have at most {MaxInlineArrayLength} elements.");
        }

        foreach (var field in StateTypes.FieldsOf(type))
        {
            for (var i = 0; i < length; i++)
            {
                var index = i;
                Emit(field.FieldType, () => LoadElement(field, index), PathOf(path, field), write);
            }
        }

        void LoadElement(FieldInfo field, int index)
        {
            loadAddress();
            il.Emit(OpCodes.Ldflda, field);
            if (index > 0)
            {
                il.Emit(OpCodes.Ldc_I4, index);
                il.Emit(OpCodes.Sizeof, field.FieldType);
                il.Emit(OpCodes.Mul);
                il.Emit(OpCodes.Add);
            }
        }
    }

    private void LoadConstant(object constant)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldc_I4, constants.Count);
        il.Emit(OpCodes.Ldelem_Ref);
        constants.Add(constant);
    }

    private void Call(string name, bool write) =>
        il.Emit(OpCodes.Call, (write ? typeof(StateWriter) : typeof(StateReader)).GetMethod(name)!);
}
