// The outcome of reading one text: its tree, and the substitutions in it (an including text re-bases their paths).

namespace Akka.Configuration.Hocon;

public sealed class HoconRoot
{
    public HoconRoot(HoconValue value, IEnumerable<HoconSubstitution> substitutions)
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value;
        Substitutions = substitutions;
    }

    public HoconRoot(HoconValue value)
        : this(value, [])
    {
    }

    public HoconValue Value { get; }

    public IEnumerable<HoconSubstitution> Substitutions { get; }
}
