// Gives the substitutions of a text their values, in the order of the text, and refuses a value that contains itself.

namespace Akka.Configuration.Hocon;

internal static class HoconResolution
{
    /// <exception cref="FormatException">A path leads nowhere, or back to where it is used.</exception>
    internal static void Resolve(HoconValue root, List<HoconSubstitution> substitutions)
    {
        var config = root.ToConfig();
        foreach (var substitution in substitutions)
        {
            substitution.ResolvedValue = config.GetValue(substitution.Path)
                ?? throw new FormatException($"Unresolved substitution: {substitution.Path}");
        }

        if (substitutions.Count > 0)
        {
            RefuseCycles(root, [], []);
        }
    }

    private static void RefuseCycles(HoconValue value, HashSet<HoconValue> above, HashSet<HoconValue> sound)
    {
        if (sound.Contains(value))
        {
            return;
        }

        if (!above.Add(value))
        {
            throw new FormatException("A substitution leads back to the value that it is part of");
        }

        foreach (var part in value.Values.SelectMany(PartsOf))
        {
            RefuseCycles(part, above, sound);
        }

        above.Remove(value);
        sound.Add(value);
    }

    private static IEnumerable<HoconValue> PartsOf(IHoconElement element) => element switch
    {
        HoconSubstitution substitution => [substitution.ResolvedValue!],
        HoconObject members => members.Items.Values,
        HoconArray values => values,
        _ => [],
    };
}
