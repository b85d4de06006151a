// One pair of brackets. Arrays that stand side by side in a value are read as one.

namespace Akka.Configuration.Hocon;

public sealed class HoconArray : List<HoconValue>, IHoconElement
{
    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("An array is not a string.");

    public bool IsArray() => true;

    public IList<HoconValue> GetArray() => this;

    public override string ToString() => $"[{string.Join(",", this)}]";
}
