using System.Reflection;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>Records that public members accept, and invalid values for their properties.</summary>
internal static class HostileOptions
{
    private static readonly string?[] Texts = [null, "", "\0", "/nowhere/\ud800", new('/', 5000), new('x', 5000)];

    /// <summary>Each value of each record that a public member accepts.</summary>
    internal static IEnumerable<(PublicEntry, ParameterInfo, PropertyInfo Property, object? Value)> All =>
        from entry in PublicEntry.All
        from parameter in entry.Method.GetParameters()
        from property in PropertiesOf(parameter.ParameterType)
        from value in ValuesOf(property.PropertyType)
        select (entry, parameter, property, value);

    /// <summary>A copy with this value.</summary>
    internal static object With(object options, PropertyInfo property, object? value)
    {
        var copy = options.GetType().GetMethod("<Clone>$")!.Invoke(options, null)!;
        property.SetValue(copy, value);
        return copy;
    }

    /// <summary>Empty if the type is no record with settable properties.</summary>
    private static IEnumerable<PropertyInfo> PropertiesOf(Type type) => type.GetMethod("<Clone>$") is null
        ? []
        : type.GetProperties()
            .Where(one => one.SetMethod is { IsPublic: true } && one.GetIndexParameters().Length == 0);

    private static IEnumerable<object?> ValuesOf(Type type) => type switch
    {
        _ when type == typeof(string) => Texts.AsEnumerable<object?>(),
        { IsValueType: false } => (IEnumerable<object?>)[null],
        _ => HostileNumbers.Of(type).Cast<object?>(),
    };
}
