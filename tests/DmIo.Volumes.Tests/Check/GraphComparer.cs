using System.Collections;
using System.Reflection;

namespace DmIo.Volumes.Tests.Check;

/// <summary>Compares two graphs by slow reflection, independent of the codec: the types, the fields or elements, and
/// which mutable instances are shared.</summary>
internal sealed class GraphComparer
{
    private readonly Dictionary<object, object> pairs = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<object, object> inverse = new(ReferenceEqualityComparer.Instance);

    /// <summary>The path of the first difference, or null.</summary>
    public static string? Difference(object? left, object? right) => new GraphComparer().Compare(left, right, "root");

    private string? Compare(object? left, object? right, string path)
    {
        if (left is null || right is null)
        {
            return ReferenceEquals(left, right) ? null : path;
        }

        var type = left.GetType();
        if (type != right.GetType())
        {
            return path;
        }

        if (type.IsPrimitive || type.IsEnum || left is string or Guid or decimal)
        {
            return left.Equals(right) ? null : path;
        }

        // Records are compared by content only.
        if (type.IsClass && type.GetMethod("<Clone>$") is null)
        {
            if (pairs.TryGetValue(left, out var known))
            {
                return ReferenceEquals(known, right) ? null : path + " (shared)";
            }

            if (!inverse.TryAdd(right, left))
            {
                return path + " (shared)";
            }

            pairs.Add(left, right);
        }

        return left is IEnumerable elements
            ? CompareElements(elements, (IEnumerable)right, path)
            : CompareFields(left, right, path);
    }

    private string? CompareElements(IEnumerable left, IEnumerable right, string path)
    {
        // The keys of hashed containers are printable in the tests.
        var type = left.GetType();
        var isHashed = type.Name.StartsWith("Dictionary") || type.Name.StartsWith("HashSet");
        if (type.Name.StartsWith("ImmutableArray") && (bool)type.GetProperty("IsDefault")!.GetValue(left)!)
        {
            return (bool)type.GetProperty("IsDefault")!.GetValue(right)! ? null : path;
        }

        var lefts = Elements(left);
        var rights = Elements(right);
        return lefts.Count != rights.Count
            ? path + ".Count"
            : lefts.Zip(rights).Select((pair, i) => Compare(pair.First, pair.Second, $"{path}[{i}]"))
                .FirstOrDefault(difference => difference is not null);

        List<object?> Elements(IEnumerable all) => isHashed
            ? [.. all.Cast<object?>().OrderBy(each => KeyOf(each!), StringComparer.Ordinal)]
            : [.. all.Cast<object?>()];
    }

    private static string KeyOf(object element) =>
        (element.GetType().Name.StartsWith("KeyValuePair")
            ? element.GetType().GetProperty("Key")!.GetValue(element)
            : element)!.ToString()!;

    private string? CompareFields(object left, object right, string path)
    {
        const BindingFlags Own =
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        for (var type = left.GetType(); type is not null; type = type.BaseType)
        {
            foreach (var field in type.GetFields(Own))
            {
                var difference = Compare(field.GetValue(left), field.GetValue(right), $"{path}.{field.Name}");
                if (difference is not null)
                {
                    return difference;
                }
            }
        }

        return null;
    }
}
