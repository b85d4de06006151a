using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace DmIo.Volumes.Tests.Check;

/// <summary>
/// Which types a state may contain, and which of them are values.
/// <list type="bullet">
/// <item>A value is immutable through and through and defines its equality: a string, a box, a record whose fields are
/// all readonly values. The codec ignores the identity of values: equal values give equal bytes, shared or not.</item>
/// <item>Every other class instance has an identity: two references to one instance differ from references to two
/// equal instances.</item>
/// </list>
/// </summary>
internal sealed class StateTypes(IEnumerable<Type> declaredValues)
{
    private static readonly Assembly Tests = typeof(StateTypes).Assembly;

    private static readonly (Type Type, string Reason)[] Unsupported =
    [
        (typeof(Delegate), "delegates"),
        (typeof(MemberInfo), "reflection objects"),
        (typeof(Task), "tasks"),
        (typeof(Thread), "threads"),
        (typeof(Timer), "timers"),
        (typeof(System.Threading.Timer), "timers"),
        (typeof(WaitHandle), "wait handles"),
        (typeof(CancellationTokenSource), "cancellation tokens"),
        (typeof(CancellationToken), "cancellation tokens"),
        (typeof(Lock), "locks"),
        (typeof(TimeProvider), "time providers"),
        (typeof(Stream), "streams"),
        (typeof(Random), "random number generators"),
        (typeof(Exception), "exceptions"),
        (typeof(nint), "native integers"),
        (typeof(nuint), "native integers"),
    ];

    private readonly HashSet<Type> declared = [.. declaredValues];
    private readonly ConcurrentDictionary<Type, ImmutableArray<Type>> subtypes = [];
    private readonly ConcurrentDictionary<Type, bool> values = [];

    /// <summary>The caller of the schema vouches that instances of the type never change, and that their identity does
    /// not matter.</summary>
    public bool IsDeclaredValue(Type type) => declared.Contains(type);

    /// <summary>Instances of exactly this type are values.</summary>
    public bool IsValue(Type type)
    {
        if (values.TryGetValue(type, out var known))
        {
            return known;
        }

        var result = IsValue(type, []);
        values[type] = result;
        return result;
    }

    /// <summary>All that a field of this type may hold are values, as far as its subtypes are known.</summary>
    public bool HoldsValues(Type type) => HoldsValues(type, []);

    /// <summary>The instance fields of a type, those of its base classes first.</summary>
    public static List<FieldInfo> FieldsOf(Type type)
    {
        const BindingFlags Own =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        var fields = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)
            ? FieldsOf(parent)
            : [];
        fields.AddRange(type.GetFields(Own).OrderBy(field => field.MetadataToken));
        return fields;
    }

    /// <summary>The concrete types of the assembly of a type, and of the tests, that a field of the type may hold;
    /// sorted by name, so that their positions do not depend on the course of the check.</summary>
    public ImmutableArray<Type> SubtypesOf(Type type) => subtypes.GetOrAdd(type, static type => IsOfPlatform(type)
        ? []
        : [.. new[] { type.Assembly, Tests }.Distinct()
            .SelectMany(assembly => assembly.GetTypes())
            .Where(each => each is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false })
            .Where(type.IsAssignableFrom)
            .OrderBy(each => each.FullName, StringComparer.Ordinal)]);

    /// <summary>A field of this type may hold an instance of another type. Fields of a container type hold exactly that
    /// type.</summary>
    public static bool IsPolymorphic(Type type) =>
        type.IsInterface
        || (type.IsClass && !type.IsSealed && ContainerCodecs.For(type) is null)
        || type == typeof(ValueType) || type == typeof(Enum);

    /// <summary>Why the type cannot be part of a checked state, or null.</summary>
    public static string? WhyUnsupported(Type type)
    {
        if (type.IsPointer || type.IsByRef || type.IsByRefLike || type.IsFunctionPointer)
        {
            return "pointers and references to the stack cannot be part of a checked state";
        }

        foreach (var (unsupported, name) in Unsupported)
        {
            if (unsupported.IsAssignableFrom(type))
            {
                return $"{name} cannot be part of a checked state";
            }
        }

        return null;
    }

    /// <summary>Why the fields of a class or struct do not say what it contains, or null.</summary>
    public static string? WhyFieldsAreNotContent(Type type)
    {
        if (type.IsClass && type != typeof(object) && !IsTuple(type))
        {
            for (var each = type; each is not null && each != typeof(object); each = each.BaseType)
            {
                if (IsOfPlatform(each))
                {
                    return $"the codec does not know the content of {each}";
                }
            }
        }

        return FieldsOf(type).Exists(field => field.IsDefined(typeof(FixedBufferAttribute)))
            ? "buffers of fixed size cannot be part of a checked state"
            : null;
    }

    private static bool IsOfPlatform(Type type) =>
        type.Namespace is { } name && (name == "System" || name.StartsWith("System.") || name.StartsWith("Microsoft."));

    private static bool IsTuple(Type type) => type.IsGenericType && type.IsAssignableTo(typeof(ITuple));

    private bool IsValue(Type type, HashSet<Type> asked)
    {
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || declared.Contains(type) || !asked.Add(type))
        {
            return true;
        }

        if (WhyUnsupported(type) is not null || type.IsArray)
        {
            return false;
        }

        if (type.IsValueType)
        {
            return type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)
                ? HoldsValues(type.GenericTypeArguments[0], asked)
                : FieldsOf(type).TrueForAll(field => HoldsValues(field.FieldType, asked));
        }

        return type.IsClass && WhyFieldsAreNotContent(type) is null && DefinesEquality(type)
            && FieldsOf(type).TrueForAll(field => field.IsInitOnly && HoldsValues(field.FieldType, asked));
    }

    private bool HoldsValues(Type type, HashSet<Type> asked)
    {
        if (!IsPolymorphic(type))
        {
            return IsValue(type, asked);
        }

        var known = SubtypesOf(type);
        return declared.Contains(type) || (known.Length > 0 && known.All(each => IsValue(each, asked)));
    }

    private static bool DefinesEquality(Type type) =>
        type.GetMethod(nameof(Equals), [typeof(object)])!.DeclaringType != typeof(object);
}
