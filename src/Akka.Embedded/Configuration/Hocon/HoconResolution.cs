// Gives the substitutions of a text their values, in the order of the text, and refuses a value that contains itself,
// that is too many levels deep, or that a few lines make endless: a = ${b}${b}, b = ${c}${c}, and so on.

namespace Akka.Configuration.Hocon;

internal static class HoconResolution
{
    /// <summary>Characters and elements of the whole, with what substitutions stand for written out.</summary>
    private const long MostWrittenOut = 16 << 20;

    /// <exception cref="FormatException">A path leads nowhere, or back to where it is used.</exception>
    internal static void Resolve(HoconValue root, List<HoconSubstitution> substitutions)
    {
        var config = root.ToConfig();
        foreach (var substitution in substitutions)
        {
            var value = config.GetValue(substitution.Path)
                ?? throw new FormatException($"Unresolved substitution: {substitution.Path}");
            RefuseLoop(substitution, value);
            substitution.ResolvedValue = value;
        }

        if (substitutions.Count > 0)
        {
            Measure(root, 0, [], []);
        }
    }

    /// <summary>Paths lead through substitutions that are resolved, so these must not lead in a circle.</summary>
    private static void RefuseLoop(HoconSubstitution substitution, HoconValue value)
    {
        var steps = 0;
        for (HoconValue? next = value; next is { Values: [HoconSubstitution other, ..] }; next = other.ResolvedValue)
        {
            if (other == substitution)
            {
                throw BackTo(substitution.Path);
            }

            RefuseBeyond(++steps);
        }
    }

    /// <summary>How many levels there are below a value, and how long it is.</summary>
    private static (int Levels, long Length) Measure(
        HoconValue value,
        int above,
        HashSet<HoconValue> within,
        Dictionary<HoconValue, (int Levels, long Length)> known)
    {
        if (known.TryGetValue(value, out var measured))
        {
            RefuseBeyond(above + measured.Levels);
            return measured;
        }

        RefuseBeyond(above);
        within.Add(value);
        foreach (var element in value.Values)
        {
            measured.Length += 1 + ((element as HoconLiteral)?.Value?.Length ?? 0);
            foreach (var part in PartsOf(element))
            {
                if (within.Contains(part))
                {
                    throw BackTo((element as HoconSubstitution)?.Path);
                }

                var (levels, length) = Measure(part, above + 1, within, known);
                measured = (Math.Max(measured.Levels, levels + 1), measured.Length + length);
            }
        }

        within.Remove(value);
        known.Add(value, measured);
        return measured.Length <= MostWrittenOut
            ? measured
            : throw new FormatException($"The substitutions stand for more than {MostWrittenOut} characters.");
    }

    private static IEnumerable<HoconValue> PartsOf(IHoconElement element) => element switch
    {
        HoconSubstitution substitution => [substitution.ResolvedValue!],
        HoconObject members => members.Items.Values,
        HoconArray values => values,
        _ => [],
    };

    private static void RefuseBeyond(int levels)
    {
        if (levels > HoconParser.MostLevels)
        {
            throw new FormatException($"A substitution is more than {HoconParser.MostLevels} levels deep.");
        }
    }

    private static FormatException BackTo(string? path) =>
        new($"The substitution ${{{path}}} leads back to the value that it is part of.");
}
