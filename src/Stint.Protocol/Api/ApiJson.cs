using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stint.Protocol.Api;

/// <summary>The one JSON of the API: camelCase, nulls left out, no reflection at run time, at most 16 levels deep.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 16,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SubmitRequest))]
[JsonSerializable(typeof(SubmitResponse))]
[JsonSerializable(typeof(OfferView))]
[JsonSerializable(typeof(JobList))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(JobSelection))]
[JsonSerializable(typeof(SelectionResult))]
[JsonSerializable(typeof(ExplainView))]
[JsonSerializable(typeof(RefusalView))]
[JsonSerializable(typeof(NodeList))]
[JsonSerializable(typeof(PartitionList))]
[JsonSerializable(typeof(NodeStateRequest))]
[JsonSerializable(typeof(ConfigView))]
[JsonSerializable(typeof(PingView))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(JoinRequest))]
[JsonSerializable(typeof(JoinResponse))]
[JsonSerializable(typeof(HistoryList))]
[JsonSerializable(typeof(ChangeEvent))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(RunControl))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(JobUpdateRequest))]
[JsonSerializable(typeof(ReservationRequest))]
[JsonSerializable(typeof(ReservationResponse))]
[JsonSerializable(typeof(ReservationList))]
[JsonSerializable(typeof(LicenseList))]
[JsonSerializable(typeof(TopologyView))]
[JsonSerializable(typeof(UsageList))]
[JsonSerializable(typeof(NodeEventList))]
[JsonSerializable(typeof(LimitsView))]
[JsonSerializable(typeof(LimitsApplyRequest))]
[JsonSerializable(typeof(LimitsChangeView))]
[JsonSerializable(typeof(NoticesSeenRequest))]
public sealed partial class ApiJson : JsonSerializerContext;
